using System.Reflection;
using System.Text.Json.Serialization;
using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Every fault of the endpoint's switchboard, alone.</summary>
public sealed class FaultTests
{
    private const int Records = 500;

    public static TheoryData<string, WireFormat> Cases =>
        new(FaultCase.All.Keys.SelectMany(name => Enum.GetValues<WireFormat>().Select(format => (name, format))));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSays(string name, WireFormat format)
    {
        var fault = FaultCase.All[name];
        await using var run = await FaultRun.StartAsync(configure: o =>
        {
            o.WireFormat = format;
            if (fault.Timeout)
                o.RequestTimeout = TimeSpan.FromSeconds(2);
        });
        run.Kinesis.Faults.Add(fault.Fault);
        await run.PutAsync(Records);
        if (fault.Fault is ApplyLateFault)
            await run.LateCallsAppliedAsync();

        // An outage is over by now, and forgotten with it.
        if (run.Kinesis.Faults.Active is [var active])
            Assert.True(active.Hits > 0, "the fault met no call");
        var duplicates = await run.CheckAsync(placesAreTrue: fault.Fault is not FallingSequenceNumberFault);
        Assert.Equal(fault.Expected == Expected.Again, duplicates > 0);
        var failed = run.Told.Values.Where(r => !r.IsSuccess).ToList();
        Assert.Equal(fault.Expected == Expected.Failed, failed.Count > 0);
        Assert.All(failed, r => Assert.Equal(RecordErrorCodes.RecordCountMismatch, r.ErrorCode));
        if (fault.Fault is RecordFault { ShardId: { } sick })
        {
            Assert.Contains(run.Told.Values, r => r.ShardId == sick && r.Attempts.Count > 1);
            Assert.All(run.Told.Values.Where(r => r.ShardId != sick), r => Assert.Single(r.Attempts));
        }

        // What went wrong is over: the next records are delivered at once, those of the sick shard too.
        run.Kinesis.Faults.Clear();
        await run.PutAsync(50);
        Assert.Equal(duplicates, await run.CheckAsync(placesAreTrue: fault.Fault is not FallingSequenceNumberFault));
    }

    /// <summary>Reading alone is met by an empty page and by a subscription that ends, and a producer does not read.</summary>
    [Fact]
    public void Cases_CoverEveryKindOfFault()
    {
        var all = typeof(Fault).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(a => a.DerivedType);
        var kinds = all.Except([typeof(EmptyPageFault), typeof(SubscriptionErrorFault)]);
        var tested = FaultCase.All.Values.Select(c => c.Fault.GetType()).Distinct();
        Assert.Equal(kinds.Select(t => t.Name).Order(), tested.Select(t => t.Name).Order());
    }
}
