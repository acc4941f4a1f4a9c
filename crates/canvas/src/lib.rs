//! The patch as an ECS world: modules, ports, knobs and cables as entities.
