using System.Net;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Silos;

/// <summary>Rows, frames and the assignment of shards hold names of silos: ours are Orleans'.</summary>
public sealed class SiloNamesTests
{
    private static readonly string[] Addresses =
        ["127.0.0.1", "10.0.0.2", "10.0.1.1", "2.0.0.10", "::1", "fe80::1", "2001:db8::ff00:42:8329", "::ffff:10.0.0.2"];

    private static readonly SiloAddress[] All =
    [
        .. from address in Addresses
           from port in new[] { 0, 11_111, 65_535 }
           from generation in new[] { 0, 1, 123_456_789 }
           select SiloAddress.New(IPAddress.Parse(address), port, generation),
    ];

    [Fact]
    public void ToId_OfAnyAddress_HasItsTexts() => Assert.All(All, static silo =>
    {
        var id = silo.ToId();
        Assert.Equal(silo.ToParsableString(), id.ToParsableString());
        Assert.Equal(silo.ToString(), id.ToString());
        Assert.Equal(silo.Generation, id.Generation);
        Assert.Equal(silo, id.ToAddress());
        Assert.Equal(id, SiloId.Parse(silo.ToParsableString()));
        Assert.Equal(silo, SiloAddress.FromParsableString(id.ToParsableString()));
    });

    [Fact]
    public void CompareTo_OfAnyTwo_IsThatOfTheirAddresses()
    {
        foreach (var one in All)
            Assert.All(All, other => Assert.Equal(Math.Sign(one.CompareTo(other)), Math.Sign(one.ToId().CompareTo(other.ToId()))));
    }
}
