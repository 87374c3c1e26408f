using System.Reflection;
using System.Text.Json.Serialization;

namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>Every fault of the endpoint's switchboard, alone. <see cref="OrderedFaultTests"/> has them on ordered streams.</summary>
public sealed class FaultTests
{
    public static TheoryData<string, WireFormat> Cases => CasesOf(isLikeAnother: false);

    public static TheoryData<string, WireFormat> CasesLikeOthers => CasesOf(isLikeAnother: true);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Put_WhenTheEndpointHasAFault_TellsWhatTheAccountSays(string name, WireFormat format) => RunAsync(name, format);

    [Theory]
    [MemberData(nameof(CasesLikeOthers))]
    [Trait("Category", "Long")]
    public Task Put_WhenTheEndpointHasAFaultLikeAnother_TellsWhatTheAccountSays(string name, WireFormat format) => RunAsync(name, format);

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

    private static async Task RunAsync(string name, WireFormat format)
    {
        var fault = FaultCase.All[name];
        await using var run = await FaultRun.StartAsync(fault, o => o.WireFormat = format);
        await run.MeetAsync(fault.Fault, records: 500);
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

        await run.GoOnAsync();
        Assert.Equal(duplicates, await run.CheckAsync(placesAreTrue));
    }
}
