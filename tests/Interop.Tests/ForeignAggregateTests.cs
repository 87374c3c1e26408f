using System.Text;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Interop.Tests;

/// <summary>Aggregates that AWS's own library made.</summary>
[Collection(nameof(LocalTier))]
public sealed class ForeignAggregateTests(LocalTier tier)
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

    /// <summary>AWS's own library puts records together and takes them apart again; in between we take apart what it made, and it what we read.</summary>
    [Fact]
    public async Task Read_WhenAwsLibraryTakesTheSameApart_AgreesMemberByMember()
    {
        Needs.NodePackages();
        var aggregates = await Command.ScriptAsync("aggregates.mjs", ["join"], SampleRecords.Make(700, seed: 6));
        Assert.NotEmpty(aggregates);
        var theirs = await Command.ScriptAsync("aggregates.mjs", ["split"], aggregates);
        var ours = from aggregate in aggregates
                   from record in Aggregates.Read(Convert.FromBase64String(aggregate.Data), aggregate.PartitionKey)
                   select (record.PartitionKey, Convert.ToBase64String(record.Data.Span), record.SubSequenceNumber);
        Assert.Equal(theirs.Select(static l => (l.PartitionKey, l.Data, (long)l.SubSequenceNumber)), ours);
    }

    [Fact]
    public async Task Tail_WhenAwsLibraryMadeTheAggregate_WritesEveryMember()
    {
        Needs.NodePackages();
        var records = SampleRecords.Make(500, seed: 5);
        await Command.ScriptAsync("client.mjs", ["put", tier.Kinesis, "foreign"], await Command.ScriptAsync("aggregates.mjs", ["join"], records));
        var read = await Command.LinesAsync(Checkout.Program("Orleans.Kpl.Cli", "kpl"), ["tail", "--stream", "foreign", "--endpoint", tier.Kinesis, "--json"]);
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
