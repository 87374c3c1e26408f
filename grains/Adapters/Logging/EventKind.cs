namespace Orleans.Kpl.Adapters.Logging;

/// <summary>The kinds of events whose log lines are limited together.</summary>
internal enum EventKind
{
    ShardMapLoaded = 0,
    ShardMapFailed,
    StreamMissing,
    PredictionOff,
    RecordLimitUnknown,
    WrongShard,
    CallFailed,
    Throttled,
    RecordFailed,
    FailureNotificationsLost,
    HandlerThrew,
    Unexpected,
    DrainCut,
    StreamBlocked,
    StreamUnblocked,
    OrderViolated,
    BacklogDown,
    BacklogUp,
    BacklogFenced,
    SpillBegan,
    SpillEnded,
    SegmentSetAside,
    RecordsSetAside,
    CborRefused,
    ShardMapConfirmed,
    ClockCorrected,
}
