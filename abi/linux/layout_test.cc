// Compares every constant, structure size and field offset of abi/linux/*.h with the host's headers
// (tables made by tools/gen/abi_layout.py: ours and the host's macros cannot meet in one translation unit).
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "abi_layout_tables.h"

namespace {

std::map<std::string, long long> linnet_layout() {
    std::map<std::string, long long> names;
    for (const LayoutRow* row = kLinnetLayout; row->name != nullptr; row++) names[row->name] = row->value;
    return names;
}

TEST(AbiLayout, AgreesWithTheHostsHeaders) {
    const auto ours = linnet_layout();
    std::map<std::string, bool> compared;
    for (const LayoutRow* table : kHostLayouts) {
        for (const LayoutRow* row = table; row->name != nullptr; row++) {
            const bool is_field = std::string(row->name).find('.') != std::string::npos;
            if (is_field && row->value == -1) continue;
            EXPECT_EQ(ours.at(row->name), row->value) << row->name;
            compared[row->name] = true;
        }
    }
    RecordProperty("compared", static_cast<int>(compared.size()));
    RecordProperty("names", static_cast<int>(ours.size()));
    // Nearly all names exist on the host: fewer comparisons mean that the tables' maker has lost headers.
    EXPECT_GT(compared.size() * 100, ours.size() * 90);
}

}  // namespace
