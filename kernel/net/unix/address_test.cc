#include <gtest/gtest.h>

#include "net/unix/address.h"

#include <string>

namespace {

using Kind = net::UnixAddress::Kind;

net::SocketAddress raw(u16 family, const std::string& name) {
    net::SocketAddress a;
    (void)base::write_at(a.storage, 0, family);
    (void)base::copy(std::span(a.storage).subspan(2), base::bytes_of(std::string_view(name)));
    a.length = static_cast<u32>(2 + name.size());
    return a;
}

TEST(UnixAddress, PathsEndAtTheirZeroByteOrAtTheEnd) {
    const auto a = net::UnixAddress::parse(raw(abi::AF_UNIX, std::string("/tmp/s\0junk", 11)));
    ASSERT_TRUE(a.ok());
    EXPECT_EQ(a.value().kind(), Kind::kPath);
    EXPECT_EQ(a.value().text(), "/tmp/s");
    EXPECT_EQ(a.value().encode().length, 2u + 7);
    const auto full = net::UnixAddress::parse(raw(abi::AF_UNIX, std::string(108, 'x')));
    ASSERT_TRUE(full.ok());
    EXPECT_EQ(full.value().text().size(), 108u);
    EXPECT_EQ(full.value().encode().length, 2u + 109);
}

TEST(UnixAddress, AbstractNamesMayHoldZeroBytes) {
    const std::string name("\0a\0b", 4);
    const auto a = net::UnixAddress::parse(raw(abi::AF_UNIX, name));
    ASSERT_TRUE(a.ok());
    EXPECT_EQ(a.value().kind(), Kind::kAbstract);
    EXPECT_EQ(a.value().text(), std::string_view("a\0b", 3));
    const net::SocketAddress back = a.value().encode();
    EXPECT_EQ(back.length, 6u);
    EXPECT_EQ(base::text_of(back.bytes().subspan(2)), name);
}

TEST(UnixAddress, RefusesOtherFamiliesAndLengths) {
    EXPECT_EQ(net::UnixAddress::parse(raw(abi::AF_INET, "abcd")).error(), Errno::kINVAL);
    EXPECT_EQ(net::UnixAddress::parse(raw(abi::AF_UNIX, std::string(109, 'x'))).error(), Errno::kINVAL);
    EXPECT_EQ(net::UnixAddress::parse(net::SocketAddress()).error(), Errno::kINVAL);
    const auto none = net::UnixAddress::parse(raw(abi::AF_UNIX, ""));
    ASSERT_TRUE(none.ok());
    EXPECT_EQ(none.value().kind(), Kind::kUnnamed);
    EXPECT_EQ(none.value().encode().length, 2u);
}

TEST(UnixAddress, AutomaticNamesAreFiveDigits) {
    EXPECT_EQ(net::UnixAddress::automatic(0xa0c3f).text(), "a0c3f");
    EXPECT_EQ(net::UnixAddress::automatic(1).encode().length, 8u);
}

}  // namespace
