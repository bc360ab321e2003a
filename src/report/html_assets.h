// The style sheet and script of the HTML report, embedded at build time from src/report/html/.
#pragma once

#include <string_view>

namespace vidbench::report {

extern const std::string_view kReportCss;
extern const std::string_view kReportScript;

}  // namespace vidbench::report
