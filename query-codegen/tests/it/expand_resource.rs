//! What do resources, custom queries and custom mutations become?
