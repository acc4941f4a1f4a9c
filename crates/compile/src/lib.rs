//! From a patch to a program, as a row of small passes.
