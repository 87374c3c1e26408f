namespace Orleans.Kpl.Adapters.Logging;

/// <summary>What is counted together when lines are limited.</summary>
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
}
