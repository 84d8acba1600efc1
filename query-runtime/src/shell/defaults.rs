//! Which settings has a query that does not say them itself?

use crate::{
    key::{KeyPrefix, QueryKey},
    shell::settings::{Settings, setters},
};

/// Settings for queries that do not say them themselves.
#[derive(Clone, Debug, Default)]
pub struct QueryDefaults {
    pub(crate) settings: Settings,
}

impl QueryDefaults {
    /// Returns defaults that say nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    setters!(settings);
}

/// The defaults of a client: for all queries, and for those under prefixes.
#[derive(Debug, Default)]
pub(crate) struct DefaultsByPrefix {
    pub(crate) all: QueryDefaults,
    under: Vec<(KeyPrefix, QueryDefaults)>,
}

impl DefaultsByPrefix {
    /// Sets the defaults under a prefix; ones given before for the same prefix are replaced in their place (T13).
    pub(crate) fn set(&mut self, prefix: KeyPrefix, defaults: QueryDefaults) {
        match self.under.iter_mut().find(|(known, _)| *known == prefix) {
            Some((_, known)) => *known = defaults,
            None => self.under.push((prefix, defaults)),
        }
    }

    /// Returns the settings of a key that says these itself: of prefixes that match, later ones win.
    pub(crate) fn complete(&self, key: &QueryKey, own: Settings) -> Settings {
        let matching = self.under.iter().rev().filter(|(prefix, _)| prefix.matches(key));
        matching.fold(own, |settings, (_, defaults)| settings.over(&defaults.settings)).over(&self.all.settings)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{DefaultsByPrefix, QueryDefaults};
    use crate::{key::QueryKey, shell::settings::Settings, status::StaleTime};

    #[test]
    fn later_prefixes_win_and_a_replaced_one_keeps_its_place() {
        let seconds = |seconds| QueryDefaults::new().stale_time(Duration::from_secs(seconds));
        let users = QueryKey::new(["users"]);
        let list = QueryKey::new(["users", "list"]);
        let mut defaults = DefaultsByPrefix { all: seconds(1), ..DefaultsByPrefix::default() };
        let stale = |defaults: &DefaultsByPrefix, key: &QueryKey| {
            defaults.complete(key, Settings::default()).stale.map(|stale| match stale {
                StaleTime::For(time) => time.as_secs(),
                StaleTime::Forever | StaleTime::Static => 0,
            })
        };
        assert_eq!(stale(&defaults, &list), Some(1));
        defaults.set((&list).into(), seconds(2));
        defaults.set((&users).into(), seconds(3));
        assert_eq!(stale(&defaults, &list), Some(3));
        assert_eq!(stale(&defaults, &QueryKey::new(["posts"])), Some(1));
        defaults.set((&list).into(), seconds(4));
        assert_eq!(stale(&defaults, &list), Some(3));
        assert_eq!(stale(&defaults, &users), Some(3));
    }
}
