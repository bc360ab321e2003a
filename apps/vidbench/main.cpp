#include "cli/app.h"

int main(int argc, char** argv) { return vidbench::cli::run_app(argc, argv); }
