using System.Runtime.CompilerServices;
using Orleans.Kpl.Pipeline.Road;
using Orleans.Kpl.Pipeline.Road.Accepting;
using Orleans.Kpl.Pipeline.Tests.Backlog;

namespace Orleans.Kpl.Pipeline.Tests.Road.Accepting;

/// <summary>The links that each kind of stream has, in their order: what records must not overtake, and who waits for what, rests on it.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData(OrderedMode.Off, "TimedIntake LongBatchIntake RecordIntake EvenAdmission HorizonAdmission MemoryAdmission")]
    [InlineData(OrderedMode.PutRecords, "TimedIntake OrderedIntake LongBatchIntake RecordIntake HorizonAdmission MemoryAdmission")]
    public async Task Chain_WithoutABacklog_HasTheseLinks(OrderedMode order, string links)
    {
        await using var harness = new PipelineHarness(configure: o => o.Ordered = order);

        Assert.Equal(links, LinksOf(harness.Producer.Uses.Get(PipelineHarness.Stream)));
    }

    [Theory]
    [InlineData(OrderedMode.Off, HighWaterMode.Block,
        "TimedIntake FirstAnswerAdmission LongBatchIntake RecordIntake BacklogAdmission EvenAdmission HorizonAdmission MemoryAdmission")]
    [InlineData(OrderedMode.Off, HighWaterMode.Spill,
        "TimedIntake FirstAnswerAdmission LongBatchIntake RecordIntake BacklogAdmission EvenAdmission HorizonAdmission SpillAdmission")]
    [InlineData(
        OrderedMode.PutRecords, HighWaterMode.Block,
        "TimedIntake BehindBacklogLimit OrderedIntake FirstAnswerAdmission BehindBacklog LongBatchIntake RecordIntake BacklogAdmission "
        + "HorizonAdmission MemoryAdmission")]
    public async Task Chain_WithABacklog_HasTheseLinks(OrderedMode order, HighWaterMode mode, string links)
    {
        await using var harness = new BacklogHarness(configure: o => (o.Ordered, o.HighWaterMode) = (order, mode));

        Assert.Equal(links, LinksOf(harness.Producer.Uses.Get(BacklogHarness.Stream)));
    }

    private static string LinksOf(StreamPipeline stream)
    {
        List<string> names = [];
        for (var link = FirstOf(stream); link is not null; link = NextOf(link))
            names.Add(link.GetType().Name);
        return string.Join(' ', names);
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Admission")]
    private static extern Admission FirstOf(StreamRoad stream);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Next")]
    private static extern Admission? NextOf(Admission link);
}
