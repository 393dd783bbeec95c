#include "process/system_name.h"

#include "sync/guarded.h"

namespace process {
namespace {

struct Names {
    SystemName host{"linnet"};
    SystemName domain{"(none)"};
};
constinit sync::Guarded<Names, sync::SpinLock<sync::Rank::kFsContext>> names;

}  // namespace

SystemName host_name() { return names.lock()->host; }
SystemName domain_name() { return names.lock()->domain; }
void set_host_name(std::string_view name) { names.lock()->host.assign(name); }
void set_domain_name(std::string_view name) { names.lock()->domain.assign(name); }

}  // namespace process
