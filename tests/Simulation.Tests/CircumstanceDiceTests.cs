using Orleans.Kpl.Simulation.Plans;

namespace Orleans.Kpl.Simulation.Tests;

public sealed class CircumstanceDiceTests
{
    public static TheoryData<string> All => [.. Enum.GetNames<Circumstance>().Where(static c => c != nameof(Circumstance.None))];

    [Theory]
    [MemberData(nameof(All))]
    public void Draw_OfManySeeds_HasEachCircumstanceInOneOf32(string circumstance) =>
        Assert.InRange(Enumerable.Range(1, 3_200).Count(s => $"{PlanDice.Draw(s).Circumstance}" == circumstance), 60, 140);

    /// <summary>A fifth of the plans that had lost their store asked for what only a store can give: their records were refused.</summary>
    [Fact]
    public void Draw_OfPlansWithoutAStore_AsksForNothingDurable() => Assert.All(
        Enumerable.Range(1, 3_200).Select(PlanDice.Draw).Where(static p => p.Store == StoreKind.None),
        static p => Assert.NotEqual(AckLevel.Persisted, p.Options.AckLevel));

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
