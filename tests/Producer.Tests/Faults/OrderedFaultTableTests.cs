using Orleans.Kpl.LocalKinesis.Faults;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Every fault of the endpoint's switchboard, alone, on ordered streams in both modes.</summary>
public sealed class OrderedFaultTableTests
{
    private const int Records = 300;

    /// <summary>Answers that make a call be sent in halves. PutRecord has one record and no halves: it fails.</summary>
    private static readonly string[] Halving = ["poison answer", "413 in HTML"];

    public static TheoryData<OrderedMode, string> Cases
    {
        get
        {
            var cases = new TheoryData<OrderedMode, string>();
            foreach (var (name, fault) in FaultCase.All)
            {
                cases.Add(OrderedMode.PutRecords, name);
                if (fault.Fault is not WrongCountFault)
                    cases.Add(OrderedMode.PutRecord, name);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSaysAndKeepsTheOrder(OrderedMode mode, string name)
    {
        var fault = FaultCase.All[name];
        await using var run = await FaultRun.StartAsync(configure: o =>
        {
            o.Ordered = mode;
            if (fault.Timeout)
                o.RequestTimeout = TimeSpan.FromSeconds(2);
        });
        run.Kinesis.Faults.Add(fault.Fault with
        {
            Operation = fault.Fault.Operation == "PutRecords" ? mode.ToString() : fault.Fault.Operation,
            OverBytes = mode == OrderedMode.PutRecord ? null : fault.Fault.OverBytes,
        });
        await run.PutAsync(Records);
        if (fault.Fault is ApplyLateFault)
            await run.LateCallsAppliedAsync();

        if (run.Kinesis.Faults.Active is [var active])
            Assert.True(active.Hits > 0, "the fault met no call");
        var placesAreTrue = fault.Fault is not FallingSequenceNumberFault;
        var duplicates = await run.CheckAsync(placesAreTrue);
        Assert.True(duplicates == 0 || fault.Expected == Expected.Again, $"{duplicates} duplicates");
        var fails = fault.Expected == Expected.Failed || mode == OrderedMode.PutRecord && Halving.Contains(name);
        Assert.Equal(fails, run.Told.Values.Any(r => !r.IsSuccess));
        if (placesAreTrue)
            run.CheckOrder();

        run.Kinesis.Faults.Clear();
        await run.PutAsync(50);
        Assert.Equal(duplicates, await run.CheckAsync(placesAreTrue));
        if (placesAreTrue)
            run.CheckOrder();
    }
}
