using Orleans.Kpl.Lanes.Accepting;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Owning;
using Orleans.Kpl.Pipeline.Road.Promising;
using Orleans.Kpl.Pipeline.Tracing;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes.Messages;

/// <summary>
/// Packed records on their way to a silo. The bytes are kept until every record has its outcome: to send them again, and to return a failed
/// record to its caller.
/// </summary>
/// <remarks>The session that the message was handed to guards its outcomes; before that, no other object knows the message.</remarks>
internal sealed class Message(byte[] records, WaitingMember[] members, long acceptedAt, long expiresAt)
{
    private readonly bool[] _ended = new bool[members.Length];
    private PackedRecords _packed;
    private PackedPlace[]? _places;

    /// <summary>The message's number within the stream; 0 before it has one. The numbers of its records follow from it.</summary>
    public long Number { get; set; }

    /// <summary>Whether the silo of its session has the message or may have it: it took it over, or did not answer.</summary>
    public bool MayBeTaken { get; set; }

    /// <summary>Whether a call that gives it to the silo is under way.</summary>
    public bool IsOffered { get; set; }

    /// <summary>Whether its records were aimed at the silo that it goes to.</summary>
    public bool IsAimed { get; set; }

    public int Count => members.Length;

    /// <summary>When the first of its records was accepted.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>When the time-to-live of its last record is over.</summary>
    public long ExpiresAt => expiresAt;

    /// <summary>The number of records without an outcome.</summary>
    public int Open { get; private set; } = members.Length;

    /// <summary>Whether its records leave without linger: their caller asked for that, or a flush waits for them.</summary>
    public bool IsDueAtOnce => members[0].Sink.IsDueAtOnce;

    /// <summary>Whether each of its records is a Kinesis record of its own.</summary>
    public bool IsAlone => members[0].Sink.IsAlone;

    /// <summary>Whether its records never spill.</summary>
    public bool NeverSpills => members[0].Sink.Rider is LaneRider { NeverSpills: true };

    /// <summary>The acknowledgement that the puts of its records asked for.</summary>
    public AckLevel AckLevel => members[0].Sink.Rider is LaneRider { Persists: true } ? AckLevel.Persisted : AckLevel.Delivered;

    /// <summary>Returns the number of the first record of the message with that number.</summary>
    public static long FirstRecordOf(long number) => number * ClientBatch.MaxRecords;

    /// <summary>Returns the number of a record's message and the record's position in it.</summary>
    public static (long Number, int Place) PlaceOf(long record) => (record / ClientBatch.MaxRecords, (int)(record % ClientBatch.MaxRecords));

    /// <summary>Returns what a silo is given of it under a session's id.</summary>
    public ClientBatch ToBatch(Guid session, SiloId silo, long endedBefore, bool isDueAtOnce, long now) => new()
    {
        Session = session,
        Silo = silo,
        FirstRecord = FirstRecordOf(Number),
        Records = records,
        EndedBefore = endedBefore,
        Traces = TraceRuns.Write(members, members.Length, static (m, i) => new MemberRef(m[i].Sink, m[i].Index).TraceSpan()),
        Options = new PutOptions
        {
            AckLevel = AckLevel,
            Immediate = isDueAtOnce,
            Alone = IsAlone,
            NeverSpills = NeverSpills,
            TimeToLive = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMillisecond, expiresAt - now)),
        },
    };

    /// <summary>Takes a record's outcome. False when there is no such record or it had its outcome before: outcomes may arrive twice.</summary>
    public bool TryEnd(int place, in RecordResult result, out ForwardedOutcome end)
    {
        end = default;
        if ((uint)place >= (uint)_ended.Length || _ended[place])
            return false;
        _ended[place] = true;
        Open--;
        ref readonly var member = ref members[place];
        end = new ForwardedOutcome(new MemberRef(member.Sink, member.Index), member.Charge, result.IsSuccess ? result : result.WithRecord(RecordAt(place)));
        return true;
    }

    /// <summary>Gives all records without an outcome the same outcome.</summary>
    public void EndAll(List<ForwardedOutcome> ends, RecordStatus status, string code, string message)
    {
        var result = RecordResult.NotDelivered(status, code, message, null);
        for (var place = 0; place < members.Length; place++)
        {
            if (TryEnd(place, result, out var end))
                ends.Add(end);
        }
    }

    private UserRecord RecordAt(int place)
    {
        // Parsed once: a message may fail as a whole.
        if (_places is null)
            _places = (_packed = PackedRecords.Parse(records)).Places();
        return _packed.ToUserRecord(_places[place]);
    }
}

/// <summary>The part of a packed record that is kept here until its outcome is known.</summary>
/// <param name="Charge">The bytes it is charged against the memory limit.</param>
internal readonly record struct WaitingMember(OutcomeSink Sink, int Index, int Charge);
