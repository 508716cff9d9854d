DROP INDEX pushes_urgent;
