using Orleans.Kpl.Lanes.Messages;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Pipeline.Road.Promising;

namespace Orleans.Kpl.Lanes.Tests.Messages;

/// <summary>The bytes of a message go back to the pool once nobody reads them.</summary>
/// <remarks>Tests <see cref="OutgoingMessage"/> and <see cref="ReturnedRecords"/>.</remarks>
public sealed class PooledMessageTests
{
    private const int Messages = 50;
    private const int DataBytes = 60_000;

    private readonly MessageQueue _queue = new();
    private readonly byte[] _data = DataOf('c');

    private static readonly RecordResult Delivered = RecordResult.Delivered("shardId-000000000000", "1", 0, []);

    /// <summary>Each was a new array, which the collector moved twice: a quarter of a busy client's processor time.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void BytesOfDeliveredMessages_ServeTheNextOnes(bool isAnsweredFirst)
    {
        // Other tests of the process may take what is in the pool.
        var allocated = Enumerable.Range(0, 5).Min(_ => Allocated(isPooled: true));
        var withoutPool = Allocated(isPooled: false);

        Assert.True(withoutPool > Messages * DataBytes, $"{withoutPool}");
        Assert.True(allocated < withoutPool / 4, $"{allocated} bytes with the pool, {withoutPool} without");

        long Allocated(bool isPooled)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Messages; i++)
            {
                var message = Offered(_data);
                message.KeepsBytes |= !isPooled;
                End(message, isAnsweredFirst, hasAnswer: true);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Bytes_OfAMessageWhoseCallHasNoAnswer_StayAsTheyAre()
    {
        var message = Offered(DataOf('a'));

        End(message, isAnsweredFirst: true, hasAnswer: false);

        Overwrite();
        Assert.Equal(DataOf('a'), PackedRecords.Parse(message.Bytes.AsMemory(0, message.Length)).DataOf(default(PackedPosition) with
        {
            DataStart = message.Length - DataBytes, DataLength = DataBytes,
        }));
    }

    /// <summary>A caller gets a failed record with its data where they are.</summary>
    [Fact]
    public void Data_OfAFailedRecord_StayAsTheyAre()
    {
        var message = Offered(DataOf('a'));
        message.Answered(hasAnswer: true);
        message.TryEnd(0);
        var failed = message.OutcomeOf(0, RecordResult.NotDelivered(RecordStatus.Failed, "Code", "why", null)).Result.Record!.Value;

        message.ReturnIfOver();

        Overwrite();
        Assert.Equal(DataOf('a'), failed.Data);
    }

    /// <summary>It goes again in another message, which is made later.</summary>
    [Fact]
    public void Data_OfARecordThatCameBack_GoAgain()
    {
        var (message, back) = (Offered(DataOf('a')), new ReturnedRecords());
        message.Answered(hasAnswer: true);
        message.TryEnd(0);
        Assert.True(back.TryAdd(message, 0, RecordResult.NotDelivered(RecordStatus.Failed, ClientOutcomes.GivenBack, null, null)));

        message.ReturnIfOver();

        Overwrite();
        Assert.Equal(DataOf('a'), Assert.Single(back.Messages).RecordAt(0).Data);
    }

    /// <summary>Messages that come later, and take what is in the pool.</summary>
    private void Overwrite()
    {
        var data = DataOf('b');
        for (var i = 0; i < Messages; i++)
            Offered(data);
    }

    private static byte[] DataOf(char letter) => [.. Enumerable.Repeat((byte)letter, DataBytes)];

    private static void End(OutgoingMessage message, bool isAnsweredFirst, bool hasAnswer)
    {
        if (isAnsweredFirst)
            message.Answered(hasAnswer);
        message.TryEnd(0);
        message.OutcomeOf(0, Delivered);
        message.ReturnIfOver();
        if (!isAnsweredFirst)
            message.Answered(hasAnswer);
    }

    /// <summary>A message of one record, which a call gives to a silo.</summary>
    private OutgoingMessage Offered(byte[] data)
    {
        var terms = new AcceptanceTerms(new FlushBarrier().Enter(1), 0, TimeSpan.TicksPerMinute, Immediate: false);
        _queue.Add(Numbered.Incoming(1, new AcceptedOutcome(terms), data: data));
        var message = _queue.Take();
        message.IsOffered = true;
        return message;
    }
}
