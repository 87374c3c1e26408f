using System.Net;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Abstractions.Tests.Silos;

public sealed class SiloIdTests
{
    [Fact]
    public void Parse_OfItsText_GivesTheSame()
    {
        var silo = new SiloId(IPAddress.Parse("10.1.2.3"), 11_111, 42);
        Assert.Equal("10.1.2.3:11111@42", silo.ToParsableString());
        Assert.Equal("S10.1.2.3:11111:42", silo.ToString());
        Assert.Equal(silo, SiloId.Parse(silo.ToParsableString()));
        Assert.NotEqual(silo, SiloId.Parse("10.1.2.3:11111@43"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.1.2.3:11111")]
    [InlineData("10.1.2.3@42")]
    [InlineData("10.1.2.3:x@42")]
    [InlineData("10.1.2.3:99999@42")]
    [InlineData("host:11111@42")]
    [InlineData("10.1.2.3:11111@")]
    public void Parse_WhenItIsNone_Throws(string text) => Assert.Throws<FormatException>(() => SiloId.Parse(text));

    /// <summary>Of a process that was killed another one repeats what depends on the order of a table.</summary>
    [Fact]
    public void HashCodes_AreTheSameInEveryProcess()
    {
        Assert.Equal(-1_953_145_396, SiloId.Parse("10.1.2.3:11111@42").GetHashCode());
        Assert.Equal(316_203_908, StableTextHash.Of("events"));
    }
}
