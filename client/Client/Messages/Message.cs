using Orleans.Kpl.Lanes;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Records;

namespace Orleans.Kpl.Client.Messages;

/// <summary>
/// Packed records on their way to a silo. The bytes stay here until every one of them has ended: to be sent again, and to give a
/// record that failed back to its caller.
/// </summary>
/// <remarks>Its ends are guarded by the session that it was handed to; before that nobody else knows it.</remarks>
internal sealed class Message(byte[] records, WaitingMember[] members, long acceptedAt, long expiresAt)
{
    private readonly bool[] _ended = new bool[members.Length];
    private PackedRecords _packed;
    private PackedPlace[]? _places;

    /// <summary>Its number among the stream's; 0 before it has one. The numbers of its records follow from it.</summary>
    public long Number { get; set; }

    /// <summary>It was sent and no answer came: the silo may have it.</summary>
    public bool IsAmbiguous { get; set; }

    public byte[] Records => records;

    public int Count => members.Length;

    /// <summary>When the first of its records was accepted.</summary>
    public long AcceptedAt => acceptedAt;

    /// <summary>When the time-to-live of the last one is over.</summary>
    public long ExpiresAt => expiresAt;

    /// <summary>Records that have not ended.</summary>
    public int Open { get; private set; } = members.Length;

    /// <summary>Its records leave without linger: their caller asked so, or a flush waits for them.</summary>
    public bool IsDueAtOnce => members[0].Sink.IsDueAtOnce;

    /// <summary>What its puts asked for.</summary>
    public AckLevel AckLevel => members[0].Sink.Use == BacklogUse.Asked ? AckLevel.Persisted : AckLevel.Delivered;

    /// <summary>The number of the first record of the message with that number.</summary>
    public static long FirstRecordOf(long number) => number * LaneBatch.MaxRecords;

    /// <summary>Which message a record is of, and its place there.</summary>
    public static (long Number, int Place) PlaceOf(long record) => (record / LaneBatch.MaxRecords, (int)(record % LaneBatch.MaxRecords));

    /// <summary>False when there is no such record or it had ended before: outcomes may come twice.</summary>
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

    /// <summary>Ends all that has not ended, in the same way.</summary>
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
