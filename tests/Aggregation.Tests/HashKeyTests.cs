using System.Globalization;

namespace Orleans.Kpl.Aggregation.Tests;

public class HashKeyTests
{
    [Fact]
    public void OfPartitionKey_OfKplsTestKey_IsKplsHashKey()
    {
        var hashKey = HashKey.OfPartitionKey("abcd"u8);

        Assert.Equal("E2FC714C4727EE9395F324CD2E7F331F", hashKey.ToString("X32", CultureInfo.InvariantCulture));
        Assert.Equal("301716283811389038011477436469853762335", hashKey.ToString(CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("", "D41D8CD98F00B204E9800998ECF8427E")]
    [InlineData("message digest", "F96B697D7CB7938D525A2F31AAF161D0")]
    [InlineData("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "D174AB98D277D9F5A5611C2C9F419D9F")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57EDF4A22BE3C955AC49DA2E2107B67A")]
    public void OfPartitionKey_OfRfc1321sTestSuite_IsItsDigest(string text, string digest) =>
        Assert.Equal(digest, HashKey.OfPartitionKey(Encoding.ASCII.GetBytes(text)).ToString("X32", CultureInfo.InvariantCulture));
}
