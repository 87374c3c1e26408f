using System.Reflection;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Every fault of the endpoint's switchboard, alone, on streams that are ordered and that are not.</summary>
public sealed class FaultTests
{
    /// <summary>Answers that make a call be sent in halves. PutRecord has one record and no halves: it fails.</summary>
    private static readonly string[] Halving = ["poison answer", "413 in HTML"];

    public static TheoryData<string, WireFormat> Cases => CasesOf(isLikeAnother: false);

    public static TheoryData<string, WireFormat> CasesLikeOthers => CasesOf(isLikeAnother: true);

    public static TheoryData<OrderedMode, string> OrderedCases => OrderedCasesOf(isLikeAnother: false);

    public static TheoryData<OrderedMode, string> OrderedCasesLikeOthers => OrderedCasesOf(isLikeAnother: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSays(string name, WireFormat format) => RunAsync(name, format);

    [Theory]
    [MemberData(nameof(CasesLikeOthers))]
    [Trait("Category", "Long")]
    public Task Put_WhenTheEndpointHasAFaultLikeAnother_TellsWhatTheAccountSays(string name, WireFormat format) => RunAsync(name, format);

    [Theory]
    [MemberData(nameof(OrderedCases))]
    public Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSaysAndKeepsTheOrder(OrderedMode mode, string name) => RunOrderedAsync(mode, name);

    [Theory]
    [MemberData(nameof(OrderedCasesLikeOthers))]
    [Trait("Category", "Long")]
    public Task Put_WhenTheEndpointHasAFaultLikeAnother_TellsWhatTheAccountSaysAndKeepsTheOrder(OrderedMode mode, string name) => RunOrderedAsync(mode, name);

    /// <summary>Reading alone is met by an empty page and by a subscription that ends, and a producer does not read.</summary>
    [Fact]
    public void Cases_CoverEveryKindOfFault()
    {
        var all = typeof(Fault).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => a.DerivedType);
        var kinds = all.Except([typeof(EmptyPageFault), typeof(SubscriptionErrorFault)]);
        var tested = FaultCase.All.Values.Select(c => c.Fault.GetType()).Distinct();
        Assert.Equal(kinds.Select(t => t.Name).Order(), tested.Select(t => t.Name).Order());
    }

    private static TheoryData<string, WireFormat> CasesOf(bool isLikeAnother) => new(
        from fault in FaultCase.All
        from format in (WireFormat[])[WireFormat.Json, WireFormat.Cbor]
        where isLikeAnother == (fault.Value.IsLikeAnother && format == WireFormat.Cbor)
        select (fault.Key, format));

    private static TheoryData<OrderedMode, string> OrderedCasesOf(bool isLikeAnother) => new(
        from fault in FaultCase.All
        from mode in (OrderedMode[])[OrderedMode.PutRecords, OrderedMode.PutRecord]
        where isLikeAnother == fault.Value.IsLikeAnother && (mode == OrderedMode.PutRecords || fault.Value.Fault is not WrongCountFault)
        select (mode, fault.Key));

    private static async Task RunAsync(string name, WireFormat format)
    {
        var fault = FaultCase.All[name];
        await using var run = await StartAsync(fault, o => o.WireFormat = format);
        await MeetAsync(run, fault.Fault, records: 500);
        var placesAreTrue = fault.Fault is not FallingSequenceNumberFault;
        var duplicates = await run.CheckAsync(placesAreTrue);
        Assert.Equal(fault.Expected == Expected.Again, duplicates > 0);
        var failed = run.Told.Values.Where(r => !r.IsSuccess).ToList();
        Assert.Equal(fault.Expected == Expected.Failed, failed.Count > 0);
        Assert.All(failed, r => Assert.Equal(RecordErrorCodes.RecordCountMismatch, r.ErrorCode));
        if (fault.Fault is RecordFault { ShardId: { } sick })
        {
            Assert.Contains(run.Told.Values, r => r.ShardId == sick && r.Attempts.Count > 1);
            Assert.All(run.Told.Values.Where(r => r.ShardId != sick), r => Assert.Single(r.Attempts));
        }

        await GoOnAsync(run);
        Assert.Equal(duplicates, await run.CheckAsync(placesAreTrue));
    }

    private static async Task RunOrderedAsync(OrderedMode mode, string name)
    {
        var fault = FaultCase.All[name];
        await using var run = await StartAsync(fault, o => o.Ordered = mode);
        var ofMode = fault.Fault with
        {
            Operation = fault.Fault.Operation == "PutRecords" ? mode.ToString() : fault.Fault.Operation,
            OverBytes = mode == OrderedMode.PutRecord ? null : fault.Fault.OverBytes,
        };
        await MeetAsync(run, ofMode, records: 300);
        var duplicates = await CheckAsync();
        Assert.True(duplicates == 0 || fault.Expected == Expected.Again, $"{duplicates} duplicates");
        var fails = fault.Expected == Expected.Failed || mode == OrderedMode.PutRecord && Halving.Contains(name);
        Assert.Equal(fails, run.Told.Values.Any(r => !r.IsSuccess));
        await GoOnAsync(run);
        Assert.Equal(duplicates, await CheckAsync());

        async Task<int> CheckAsync()
        {
            var placesAreTrue = fault.Fault is not FallingSequenceNumberFault;
            var duplicates = await run.CheckAsync(placesAreTrue);
            if (placesAreTrue)
                run.CheckOrder();
            return duplicates;
        }
    }

    private static Task<FaultRun> StartAsync(FaultCase fault, Action<KplOptions> configure) => FaultRun.StartAsync(configure: o =>
    {
        configure(o);
        if (fault.Timeout)
            o.RequestTimeout = TimeSpan.FromSeconds(1);
    });

    private static async Task MeetAsync(FaultRun run, Fault fault, int records)
    {
        run.Kinesis.Faults.Add(fault);
        await run.PutAsync(records);
        if (fault is ApplyLateFault)
            await run.LateCallsAppliedAsync();

        // An outage is over by now, and forgotten with it.
        if (run.Kinesis.Faults.Active is [var active])
            Assert.True(active.Hits > 0, "the fault met no call");
    }

    /// <summary>What went wrong is over: the next records are delivered at once, those of the sick shard too.</summary>
    private static Task GoOnAsync(FaultRun run)
    {
        run.Kinesis.Faults.Clear();
        return run.PutAsync(50);
    }
}
