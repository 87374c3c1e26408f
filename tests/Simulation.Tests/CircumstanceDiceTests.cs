using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class CircumstanceDiceTests
{
    [Theory]
    [InlineData(Circumstance.Flood)]
    [InlineData(Circumstance.StoreFallsSilent)]
    [InlineData(Circumstance.FormerOwnerWakes)]
    [InlineData(Circumstance.AnnouncementWithdrawn)]
    [InlineData(Circumstance.StreamsClose)]
    [InlineData(Circumstance.LongPause)]
    [InlineData(Circumstance.PassingShards)]
    [InlineData(Circumstance.ParentLost)]
    [InlineData(Circumstance.OneByOne)]
    [InlineData(Circumstance.ArnNames)]
    [InlineData(Circumstance.ManySessions)]
    [InlineData(Circumstance.EvenRouting)]
    public void Draw_OfManySeeds_HasEachCircumstanceInOneOf32(object circumstance) =>
        Assert.InRange(Enumerable.Range(1, 3_200).Count(s => PlanDice.Draw(s).Circumstance == (Circumstance)circumstance), 60, 140);

    /// <summary>Seed 910046904: silos of 5,853 bytes passed 25 records to each other until each waited for what the other's took.</summary>
    [Fact]
    public void Draw_OfSilosThatReshardInPeace_LeavesRoomForFrames()
    {
        var plans = Enumerable.Range(1, 3_200).Append(910046904).Select(PlanDice.Draw)
            .Where(static p => p is { Silos: > 0, IsQuiet: true } && p.Has(FaultKind.Reshard)).ToList();

        Assert.Contains(plans, static p => p.Seed == 910046904);
        Assert.All(plans, static p => Assert.InRange(
            p.Options.MaxOutstandingBytes, PlanDice.LeastFrames * (long)p.LargestBatch * p.LargestRecord, long.MaxValue));
    }
}
