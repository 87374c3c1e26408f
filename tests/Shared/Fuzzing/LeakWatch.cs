using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Testing.Fuzzing;

/// <summary>
/// Whether what runs gives back what it takes: every array that the process rents from a shared pool, and memory that grows. It counts the whole
/// process, so nothing else may run beside it.
/// </summary>
internal sealed class LeakWatch : EventListener
{
    private const int Rented = 1;
    private const int Allocated = 2;
    private const int Returned = 3;
    private const int Trimmed = 4;
    private const int Dropped = 6;
    private const long MostGrowth = 1 << 20;
    private const int Readings = 5;

    /// <summary>Events tell how many elements an array has, and of which pool it is: of most pools an element is a byte, of these it is more.</summary>
    private static readonly ConcurrentDictionary<int, int> ElementBytes = new() { [ArrayPool<char>.Shared.GetHashCode()] = sizeof(char) };

    private long _open;
    private long _rented;
    private long _heap;

    /// <summary>
    /// Bytes of the arrays that the shared pools took on since the watch began, less those they let go of: they keep some of each size on each thread
    /// and processor.
    /// </summary>
    private long _pooled;

    /// <summary>Arrays that are rented now and were not when the watch began.</summary>
    public long Open => Interlocked.Read(ref _open);

    /// <summary>Says that arrays of a type are rented, of which an element is more than a byte.</summary>
    public static void Know<T>() => ElementBytes[ArrayPool<T>.Shared.GetHashCode()] = Unsafe.SizeOf<T>();

    /// <summary>Begins to compare memory; before that, what is kept for ever has been made.</summary>
    public void Begin() => _heap = Heap();

    /// <summary>Takes arrays that the framework keeps where it throws for returned.</summary>
    public void Forgive() => Interlocked.Exchange(ref _open, 0);

    /// <summary>Fails where something was not given back.</summary>
    public void Check()
    {
        Assert.Equal(0, Open);
        Assert.True(Interlocked.Read(ref _rented) > 0, "nothing was rented: the watch does not work");
        // The runtime reserves a piece of the heap for each thread that allocates, and counts all of it. A leak is in every reading.
        List<long> grown = [];
        while (grown.Count < Readings && grown.LastOrDefault(long.MaxValue) > MostGrowth)
            grown.Add(Heap() - _heap);
        Assert.True(grown[^1] <= MostGrowth, $"memory grew by {string.Join(", ", grown)} bytes");
    }

    /// <remarks>
    /// A collection has the pools let go of what nobody rented for a while, on the thread of finalizers and so after it: those arrays are no longer among
    /// the pooled ones, and are in the heap until the next collection. So it is counted again where that happened meanwhile.
    /// </remarks>
    private long Heap()
    {
        while (true)
        {
            var pooled = Interlocked.Read(ref _pooled);
            var total = GC.GetTotalMemory(forceFullCollection: true);
            GC.WaitForPendingFinalizers();
            if (Interlocked.Read(ref _pooled) == pooled)
                return total - pooled;
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "System.Buffers.ArrayPoolEventSource")
            EnableEvents(eventSource, EventLevel.Verbose);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        switch (eventData.EventId)
        {
            case Rented:
                Interlocked.Increment(ref _rented);
                Interlocked.Increment(ref _open);
                break;
            case Returned:
                Interlocked.Decrement(ref _open);
                break;
            case Allocated:
                Interlocked.Add(ref _pooled, BytesIn(eventData));
                break;
            case Trimmed or Dropped:
                Interlocked.Add(ref _pooled, -BytesIn(eventData));
                break;
        }
    }

    private static long BytesIn(EventWrittenEventArgs eventData) =>
        (long)(int)eventData.Payload![1]! * ElementBytes.GetValueOrDefault((int)eventData.Payload[2]!, sizeof(byte));
}
