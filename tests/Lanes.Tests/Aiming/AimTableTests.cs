using System.Net;
using Orleans.Kpl.Lanes.Aiming;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Tests.Aiming;

/// <summary>Which silo a hash key is aimed at.</summary>
/// <remarks>Tests <see cref="AimTable"/>.</remarks>
public sealed class AimTableTests
{
    [Fact]
    public void Keys_ThatNobodyClaims_AreAimedAtNobody()
    {
        var (a, b) = (Target(1, (10, 19)), Target(2, (30, UInt128.MaxValue)));
        var table = new AimTable([a, b]);

        Assert.Equal([null, null, a, a, null, b, b], Find(table, 0, 9, 10, 19, 20, 30, UInt128.MaxValue));
    }

    /// <summary>Beside a search through all claims for each key.</summary>
    [Fact]
    public void DrawnClaims_AreFoundAsBySearchingAll()
    {
        var random = new Random(20_261_125);
        for (var round = 0; round < 300; round++)
        {
            AimTarget[] targets = [.. Enumerable.Range(1, random.Next(6)).Select(told => Target(told, Draw(random)))];
            var table = new AimTable(targets);
            for (var key = 0; key < 130; key++)
            {
                var hashKey = (UInt128)key;
                var expected = targets.Where(t => t.Ranges.Any(r => r.First <= hashKey && hashKey <= r.Last)).MaxBy(static t => t.ToldAt);
                Assert.Same(expected, table.Find(hashKey));
            }
        }
    }

    private static (UInt128, UInt128)[] Draw(Random random)
    {
        List<(UInt128, UInt128)> ranges = [];
        for (var first = random.Next(20); first < 120; first += random.Next(1, 30))
        {
            var last = first + random.Next(20);
            ranges.Add(((UInt128)first, (UInt128)last));
            first = last + 1;
        }

        return [.. ranges];
    }

    private static AimTarget?[] Find(AimTable table, params UInt128[] keys) => [.. keys.Select(table.Find)];

    private static AimTarget Target(int told, params (UInt128 First, UInt128 Last)[] ranges) =>
        new(new SiloId(IPAddress.Loopback, 11_000 + told, 1)) { Version = 1, ToldAt = told, Ranges = ranges };
}
