using System.Net;
using Orleans.Kpl.Grains.Links;
using Orleans.Kpl.Pipeline.Kinesis;
using Orleans.Kpl.Quotas;
using Orleans.Kpl.Silos;
using Orleans.Kpl.Silos.Links;
using Orleans.Serialization;
using Orleans.Serialization.Invocation;

namespace Orleans.Kpl.Grains.Tests.Links;

/// <summary>What silos say to each other keeps its bytes: silos of two versions run side by side.</summary>
/// <remarks>
/// Tests <see cref="RecordsFrame"/>, <see cref="OutcomesFrame"/>, <see cref="SiloLedger"/>, <see cref="SiloLoads"/>, <see cref="QuotaReport"/> and
/// <see cref="RelayedReply"/>.
/// </remarks>
public sealed class FrameBytesTests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddSerializer(
        s => s.AddAssembly(typeof(ISiloLink).Assembly).AddAssembly(typeof(IStreamProducer).Assembly).AddAssembly(typeof(SiloAddress).Assembly))
        .BuildServiceProvider();

    private static readonly SiloId Silo = new(IPAddress.Parse("10.1.2.3"), 11_111, 123_456);

    private static readonly IReadOnlyList<PutRecordsReplyEntry> Reply =
        [new("shardId-000000000001", "49", null, null), new(null, null, "ProvisionedThroughputExceededException", "too much")];

    private static readonly Dictionary<string, object> Samples = new()
    {
        ["records"] = new RecordsFrame(Silo, "events", 7, 3, [1, 2, 3, 4], [2, 300_000_000, 0]),
        ["records, ordered"] = new RecordsFrame(Silo, "events", 7, 3, [1, 2, 3, 4], [2, 300_000_000, 1]) { Shard = "shardId-000000000001", Tenure = 5 },
        ["outcomes"] = new OutcomesFrame(Silo, "events", [9, 8, 7]),
        ["ledger"] = Ledger(),
        ["ledger, as an answer"] = Response.FromResult(Ledger()),
        ["loads"] = Loads(),
        ["loads, as an answer"] = Response.FromResult(Loads()),
        ["quotas"] = Quotas(),
        ["relayed reply"] = RelayedReply.Of(Reply)!,
        ["relayed reply, error"] = new RelayedReply { Error = new() { Kind = 1, Code = "ConnectionFailed", Message = "no network", HttpStatus = 503 } },
        ["quotas, as an answer"] = Response.FromResult(Quotas()),
    };

    public static TheoryData<string> Names => [.. Samples.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Frame_OfThisVersion_HasItsGoldenBytes(string name)
    {
        var serializer = Services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray(Samples[name]);

        Assert.True(FrameBytes.Golden.GetValueOrDefault(name) == Convert.ToHexString(bytes), $"{name}: {Convert.ToHexString(bytes)}");
        Assert.Equal(bytes, serializer.SerializeToArray(serializer.Deserialize<object>(bytes)));
    }

    /// <summary>A silo that is older does not say what Kinesis bills, nor how many user records it took; the rest of what it says is read.</summary>
    [Fact]
    public void Loads_OfAnOlderSilo_AreRead()
    {
        var loads = Services.GetRequiredService<Serializer>().Deserialize<SiloLoads>(Convert.FromHexString(FrameBytes.LoadsUnbilled))!;
        var (older, newer) = (Assert.Single(loads.Shards).ToReport()!.Running, Loads().Shards[0].ToReport()!.Running);
        Assert.Equal(new Pipeline.Load.BilledLoad(7, 8, 9, 10), newer.Billed);
        Assert.Equal(11, newer.DeliveredUserRecords);
        Assert.Equal((TimeSpan.FromSeconds(8), TimeSpan.Zero), (Loads().Shards[0].ToReport()!.Unseen, loads.Shards[0].ToReport()!.Unseen));
        Assert.Equal(newer with { Billed = default, DeliveredUserRecords = 0 }, older);
    }

    /// <summary>A silo that is older does not say whose records its backlog has.</summary>
    [Fact]
    public void Ledger_OfAnOlderSilo_IsRead()
    {
        var ledger = Services.GetRequiredService<Serializer>().Deserialize<SiloLedger>(Convert.FromHexString(FrameBytes.LedgerOfOwn))!;
        Assert.Equal((Ledger().Ledger, Ledger().StartedAt, null), (ledger.Ledger, ledger.StartedAt, ledger.HoldsOthers));
    }

    /// <summary>A call copies its argument: a frame never changes.</summary>
    [Theory]
    [InlineData("records")]
    [InlineData("outcomes")]
    [InlineData("ledger")]
    [InlineData("loads")]
    [InlineData("quotas")]
    [InlineData("relayed reply")]
    public void Frame_WhenACallCopiesIt_IsTheSame(string name) =>
        Assert.Same(Samples[name], Services.GetRequiredService<DeepCopier>().Copy(Samples[name]));

    [Fact]
    public void RelayedRecords_AndTheirReply_AreReadAsTheyWereWritten()
    {
        PutRecordsEntry[] sent = [new(new byte[] { 1, 2, 3 }, "a"u8.ToArray(), UInt128.MaxValue), new(Array.Empty<byte>(), "é"u8.ToArray(), 0)];
        var read = RelayedRecords.Unpack(RelayedRecords.Pack(sent));
        Assert.Equal(sent.Select(Text), read.Select(Text));
        Assert.Equal(Reply, RelayedReply.Of(Reply)!.ToEntries());

        static string Text(PutRecordsEntry e) =>
            $"{Convert.ToHexString(e.Data.Span)} {Convert.ToHexString(e.PartitionKey.Span)} {e.ExplicitHashKey}";
    }

    private static SiloLedger Ledger() => new(
        new StreamLedger(21, 1, 2, 3, 4, 5, 6),
        new BacklogStatus
        {
            Records = 1, Segments = 2, Bytes = 3, OldestAge = TimeSpan.FromSeconds(4), IsSpilling = true, StoreError = "down", DeadLetters = 5,
            DamagedSegments = 6, WriteUnits = 7.5, Cost = 8.25,
        },
        HoldsOthers: true, new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    private static QuotaReport Quotas() => new()
    {
        Origin = Silo.ToParsableString(),
        Number = 7,
        Demands = [new QuotaDemand("orders", 1.5, double.PositiveInfinity), new QuotaDemand("clicks", 0, 300)],
        Overrides =
        [
            new QuotaOverride
            {
                Identity = "orders", Kind = QuotaOverrideKind.Quota, Version = 5, Origin = Silo.ToParsableString(), By = "root",
                Until = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero), Quotas = new Dictionary<string, long> { ["records_per_second"] = 9 },
            },
            new QuotaOverride
            {
                Identity = "clicks", Kind = QuotaOverrideKind.Ban, Version = 6, Origin = "x", IsLifted = true, By = "root",
                Until = new DateTimeOffset(2026, 1, 2, 3, 4, 6, TimeSpan.Zero),
            },
        ],
    };

    private static SiloLoads Loads() => new()
    {
        Shards =
        [
            new SiloShardLoad
            {
                ShardId = "shardId-000000000003", HasReport = true, StartingHashKey = 1, EndingHashKey = UInt128.MaxValue, Minutes = [1, 2, 3, 4, 5, 6],
                Histogram = [0.5], HotHashes = [17], HotShares = [0.25], HotKeys = ["key"], RunningFor = TimeSpan.FromSeconds(9), Billed = [7, 8, 9, 10],
                UserRecords = [11], Unseen = TimeSpan.FromSeconds(8),
            },
        ],
    };
}
