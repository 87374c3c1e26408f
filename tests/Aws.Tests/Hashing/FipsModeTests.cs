using System.Security.Cryptography;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

public class FipsModeTests
{
    [Theory]
    [InlineData("1\n", true)]
    [InlineData("1", true)]
    [InlineData("0\n", false)]
    [InlineData("", false)]
    public void Find_WhereTheKernelSaysSo_IsTrue(string flag, bool isOn) => Assert.Equal(isOn, FipsMode.Find(() => flag, static () => { }));

    [Fact]
    public void Find_WhereThePlatformRefusesMd5_IsTrue() =>
        Assert.True(FipsMode.Find(static () => "0", static () => throw new CryptographicException("error:0308010C:digital envelope routines::unsupported")));

    [Fact]
    public void Find_WhereTheKernelsFlagCannotBeRead_AsksThePlatform()
    {
        Assert.False(FipsMode.Find(static () => throw new UnauthorizedAccessException(), static () => { }));
        Assert.True(FipsMode.Find(static () => throw new IOException(), static () => throw new CryptographicException()));
    }

    [Fact]
    public void Lanes_InFipsModeOrWhereTheyAreNotWanted_AreNotUsed()
    {
        Assert.False(BodyHasher.MayUseLanes(isWanted: true, isFips: true));
        Assert.False(BodyHasher.MayUseLanes(isWanted: false, isFips: false));
        Assert.True(BodyHasher.MayUseLanes(isWanted: true, isFips: false));
    }
}
