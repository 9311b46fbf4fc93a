//! Acknowledgements as documents: TA1, 997 and CONTRL composed from findings by a table, without judgement of their own.
