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
    public void Draw_OfManySeeds_HasEachCircumstanceInOneOf32(object circumstance) =>
        Assert.InRange(Enumerable.Range(1, 3_200).Count(s => PlanDice.Draw(s).Circumstance == (Circumstance)circumstance), 60, 140);
}
