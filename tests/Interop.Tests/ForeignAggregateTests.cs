using System.Text;
using Orleans.Kpl.Interop.Tests.Processes;
using Orleans.Kpl.Pipeline.Aggregation;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Aggregates that AWS's own library made.</summary>
public sealed class ForeignAggregateTests(LocalTier tier) : IClassFixture<LocalTier>
{
    [Fact]
    public async Task AggregateReader_WhenAwsLibraryMadeTheAggregate_FindsEveryMember()
    {
        Needs.NodePackages();
        var records = SampleRecords.Make(500, seed: 4);
        var aggregates = await Command.ScriptAsync("aggregates.mjs", ["join"], records);
        Assert.NotEmpty(aggregates);
        Assert.Equal(Described(records), aggregates.SelectMany(Members));
    }

    [Fact]
    public async Task Tail_WhenAwsLibraryMadeTheAggregate_WritesEveryMember()
    {
        Needs.NodePackages();
        var records = SampleRecords.Make(500, seed: 5);
        await Command.ScriptAsync("client.mjs", ["put", tier.Kinesis, "foreign"], await Command.ScriptAsync("aggregates.mjs", ["join"], records));
        var read = await Command.LinesAsync(Needs.Program("Orleans.Kpl.Cli", "kpl"), ["tail", "--stream", "foreign", "--endpoint", tier.Kinesis, "--json"]);
        Assert.Equal(Described(records).Order(StringComparer.Ordinal), Described(read).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Members(Line aggregate)
    {
        Assert.True(AggregateReader.TryOpen(Convert.FromBase64String(aggregate.Data), out var reader, out var reason), reason);
        while (reader.MoveNext())
        {
            var member = reader.Current;
            yield return $"{Encoding.UTF8.GetString(member.PartitionKey.Span)} {member.ExplicitHashKey} {Convert.ToBase64String(member.Data.Span)}";
        }
    }

    private static IEnumerable<string> Described(IEnumerable<Line> records) => records.Select(r => $"{r.PartitionKey} {r.ExplicitHashKey} {r.Data}");
}
