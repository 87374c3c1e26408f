namespace Orleans.Kpl.Simulation.Plans;

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
    Reshard,
    AnnouncedReshard,
    ListingsLag,
    CreatedAgain,
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
    LinkCut,
    LinkCutOneWay,
    Isolated,
    CallsLost,
    CallsDoubled,
    SlowToNotice,
    GatewaysWrong,
}
