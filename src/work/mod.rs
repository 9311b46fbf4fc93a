//! Durable jobs: queue, worker, retry, rescue.
