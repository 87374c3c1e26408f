using System.Reflection;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Abstractions.Tests.Producing;

public class KplProducerExtensionsTests
{
    private static readonly UserRecord[] Three = [.. Enumerable.Range(0, 3).Select(static i => new UserRecord($"key-{i}", new byte[] { (byte)i }))];

    public static TheoryData<IEnumerable<UserRecord>> Sequences =>
        [Three, new ArraySegment<UserRecord>([default, .. Three, default], 1, 3), new List<UserRecord>(Three), new Queue<UserRecord>(Three),
            new(Three.Where(static _ => true))];

    [Theory]
    [MemberData(nameof(Sequences))]
    public void Put_OfAnySequence_GivesTheProducerItsRecords(IEnumerable<UserRecord> records)
    {
        var (producer, recorder) = Recorder.Create();

        _ = producer.PutAsync("events", records, PutOptions.WithoutLinger);
        _ = producer.EnqueueAsync("events", records, PutOptions.WithoutLinger);

        Assert.Equal(2, recorder.Calls.Count);
        Assert.All(recorder.Calls, static c =>
        {
            Assert.Equal("events", c.Stream);
            Assert.Equal(Three.Select(static r => r.PartitionKey), c.Records.ToArray().Select(static r => r.PartitionKey));
            Assert.Same(PutOptions.WithoutLinger, c.Options);
        });
    }

    [Fact]
    public void Put_OfAnArray_CopiesNothing()
    {
        var (producer, recorder) = Recorder.Create();

        _ = producer.PutAsync("events", (IEnumerable<UserRecord>)Three);

        Assert.True(MemoryMarshal.TryGetArray(Assert.Single(recorder.Calls).Records, out var segment));
        Assert.Same(Three, segment.Array);
    }

    [Fact]
    public void Enqueue_OfASequence_BlocksLikeTheOthers()
    {
        var fake = new FakeProducer(deliversAtOnce: true);
        fake.EndDisposal();
        using var producer = new BlockingKplProducer(fake);
        using var batch = producer.Enqueue("events", Three.AsEnumerable());
        Assert.Equal(3, batch.Count);
    }

    [Fact]
    public void Put_OfNull_Throws()
    {
        var (producer, _) = Recorder.Create();
        Assert.Throws<ArgumentNullException>(() => { _ = producer.PutAsync("events", (IEnumerable<UserRecord>)null!); });
        Assert.Throws<ArgumentNullException>(() => { _ = KplProducerExtensions.PutAsync(null!, "events", Three.AsEnumerable()); });
    }

    /// <summary>A producer that only takes note of the batches it is given.</summary>
    public class Recorder : DispatchProxy
    {
        public List<(string Stream, ReadOnlyMemory<UserRecord> Records, PutOptions? Options)> Calls { get; } = [];

        public static (IKplProducer Producer, Recorder Recorder) Create()
        {
            var producer = Create<IKplProducer, Recorder>();
            return (producer, (Recorder)(object)producer);
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Calls.Add(((string)args![0]!, (ReadOnlyMemory<UserRecord>)args[1]!, (PutOptions?)args[2]));
            return Activator.CreateInstance(targetMethod!.ReturnType);
        }
    }
}
