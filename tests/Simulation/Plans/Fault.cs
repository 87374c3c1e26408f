namespace Orleans.Kpl.Simulation.Plans;

/// <summary>One thing that goes wrong in a history.</summary>
/// <param name="Id">Its number in the plan; it keeps it when others are left out.</param>
/// <param name="Kind">What happens.</param>
/// <param name="At">When it begins.</param>
/// <param name="For">How long it lasts.</param>
/// <param name="Target">Which process it strikes, where it strikes one.</param>
/// <param name="Strength">How bad it is, from 0 to 1.</param>
/// <param name="Choice">Which of several forms it takes.</param>
internal sealed record Fault(int Id, FaultKind Kind, TimeSpan At, TimeSpan For, int Target, double Strength, int Choice)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"#{Id} at {At.TotalSeconds:F3} s for {For.TotalSeconds:F3} s: {Kind} (process {Target}, strength {Strength:F2}, form {Choice})");
}

/// <summary>What can go wrong in a history.</summary>
internal enum FaultKind
{
    KinesisSlow,
    KinesisRefuses,
    KinesisSilent,
    KinesisLosesAnswers,
    KinesisLate,
    EntriesFail,
    ReadsFail,
    DescribesFail,
    Reshard,
    AnnouncedReshard,
    ListingsLag,
    CreatedAgain,
    ListingsStandStill,
    AnnouncementWithdrawn,
    Kill,
    PowerLoss,
    Freeze,
    Drain,
    ClockJumps,
    StoreFails,
    StoreSilent,
    StoreSlow,
    StoreLosesAnswers,
    StoreFull,
    EpochAnswerLost,
    KinesisUnreached,
    LinkCut,
    LinkCutOneWay,
    Isolated,
    CallsLost,
    CallsDoubled,
    CallsSlow,
    SlowToNotice,
    GatewaysWrong,
}
