using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>Translates the messages of a lane to those of a session, and back.</summary>
internal static class LaneMessages
{
    public static ClientBatch ToClient(this LaneBatch batch) => new()
    {
        Session = batch.Session,
        FirstRecord = batch.FirstRecord,
        Records = batch.Records,
        Options = batch.Options,
        EndedBefore = batch.EndedBefore,
        Silo = batch.Silo.ToId(),
    };

    public static LaneBatch ToLane(this ClientBatch batch) => new()
    {
        Session = batch.Session,
        FirstRecord = batch.FirstRecord,
        Records = batch.Records,
        Options = batch.Options,
        EndedBefore = batch.EndedBefore,
        Silo = batch.Silo.ToAddress(),
    };

    public static ClientRequest ToClient(this LaneRequest request) => new()
    {
        Session = request.Session,
        Silo = request.Silo?.ToId(),
        AcknowledgedUpTo = request.AcknowledgedUpTo,
        EndedBefore = request.EndedBefore,
        IsCallsOnly = request.IsCallsOnly,
    };

    public static LaneRequest ToLane(this ClientRequest request) => new()
    {
        Session = request.Session,
        Silo = request.Silo?.ToAddress(),
        AcknowledgedUpTo = request.AcknowledgedUpTo,
        EndedBefore = request.EndedBefore,
        IsCallsOnly = request.IsCallsOnly,
    };

    public static ClientReply ToClient(this LaneReply reply) =>
        new((ClientVerdict)reply.Verdict, reply.Silo.ToId(), reply.Silos, reply.ErrorCode, reply.ErrorMessage) { MaxInFlight = reply.MaxInFlight };

    public static LaneReply ToLane(this ClientReply reply) => new()
    {
        Verdict = (LaneVerdict)reply.Verdict,
        Silo = reply.Silo.ToAddress(),
        Silos = reply.Silos,
        ErrorCode = reply.ErrorCode,
        ErrorMessage = reply.ErrorMessage,
        MaxInFlight = reply.MaxInFlight,
    };

    public static ClientOutcomes ToClient(this LaneOutcomes outcomes) =>
        new((ClientVerdict)outcomes.Verdict, outcomes.Silo.ToId(), outcomes.Silos, outcomes.FirstMessage, outcomes.Messages);

    public static LaneOutcomes ToLane(this ClientOutcomes outcomes) => new()
    {
        Verdict = (LaneVerdict)outcomes.Verdict,
        Silo = outcomes.Silo.ToAddress(),
        Silos = outcomes.Silos,
        FirstMessage = outcomes.FirstMessage,
        Messages = outcomes.Messages,
    };
}
