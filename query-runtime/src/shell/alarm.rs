//! How does the heart hear that time has passed?

use std::sync::{Arc, Weak};

use crate::{clock::Moment, heart::Heart, shell::core::Core, signal::lock, spawn::TaskHandle};

/// The one sleep that is armed for the heart's next deadline.
#[derive(Default)]
pub(super) struct Alarm {
    at: Option<Moment>,
    task: Option<TaskHandle>,
}

impl Core {
    /// Arms the alarm, unless it rings early enough: then it will be armed anew.
    pub(super) fn arm(self: &Arc<Self>, deadline: Option<Moment>) {
        let Some(at) = deadline else { return };
        {
            let mut alarm = lock(&self.alarm);
            if alarm.at.is_some_and(|armed| armed <= at) {
                return;
            }
            alarm.at = Some(at);
        }
        let core: Weak<Self> = Arc::downgrade(self);
        let sleep = self.env.sleep_until(at);
        let task = self.env.spawn(Box::pin(async move {
            sleep.await;
            if let Some(core) = core.upgrade() {
                core.ring(at);
            }
        }));
        let old = {
            let mut alarm = lock(&self.alarm);
            if alarm.at == Some(at) { alarm.task.replace(task) } else { Some(task) }
        };
        drop(old);
    }

    /// The alarm rings.
    fn ring(self: &Arc<Self>, at: Moment) {
        {
            let mut alarm = lock(&self.alarm);
            if alarm.at == Some(at) {
                alarm.at = None;
                // This is that task: it ends by itself.
                alarm.task.take().map(TaskHandle::detach).unwrap_or_default();
            }
        }
        self.run(Heart::tick);
    }
}
