using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>
/// MD5 of messages of any lengths, one in each lane of a register. All lanes process as many blocks together as the shortest remaining
/// message has. A lane whose message is complete takes the next one.
/// </summary>
internal static unsafe class Md5Messages<T, TRegister>
    where T : unmanaged
    where TRegister : IMd5Register<T>
{
    // Processors prefetch a few streams of memory by themselves, not one for each lane. So the code prefetches this many blocks ahead.
    private const int Ahead = 6;

    // The most bytes that the end of a message takes.
    private const int MaxTail = 2 * Md5Kernel.BlockSize;

    private struct VectorLane
    {
        public int Message;
        public nint Blocks;
        public bool IsTail;
    }

    /// <param name="digests">Receives each message's digest, read as a big-endian number.</param>
    [SkipLocalsInit]
    public static void Hash(ReadOnlySpan<Md5Source> messages, Span<UInt128> digests)
    {
        var lanes = stackalloc VectorLane[TRegister.Lanes];
        var blocks = stackalloc byte*[TRegister.Lanes];
        var tails = stackalloc byte[TRegister.Lanes * MaxTail];
        var space = stackalloc byte[Md5Kernel.SpaceForWords<T>()];
        var words = Md5Kernel.AlignWords<T>(space);
        var state = default(Md5State<T>);
        var active = Math.Min(TRegister.Lanes, messages.Length);
        var next = active;
        for (var i = 0; i < active; i++)
            Start(i, i, messages, lanes, blocks, tails, ref state);

        while (active > 0)
        {
            var run = lanes[0].Blocks;
            for (var i = 1; i < active; i++)
                run = nint.Min(run, lanes[i].Blocks);
            // Lanes without a message repeat the first one's.
            for (var i = active; i < TRegister.Lanes; i++)
                blocks[i] = blocks[0];
            HashBlocks(run, blocks, words, ref state);

            for (var i = 0; i < active;)
            {
                ref var lane = ref lanes[i];
                lane.Blocks -= run;
                blocks[i] += run * Md5Kernel.BlockSize;
                if (lane.Blocks == 0 && lane.IsTail)
                {
                    digests[lane.Message] = state.Digest(i);
                    if (next < messages.Length)
                    {
                        Start(i, next++, messages, lanes, blocks, tails, ref state);
                    }
                    else
                    {
                        // The last lane's message moves here, and has its own turn now.
                        active--;
                        lane = lanes[active];
                        blocks[i] = blocks[active];
                        state.Move(active, i);
                        continue;
                    }
                }
                else if (lane.Blocks == 0)
                {
                    StartTail(i, messages[lane.Message], lanes, blocks, tails);
                }
                i++;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void HashBlocks(nint count, byte** blocks, T* words, ref Md5State<T> state)
    {
        for (nint i = 0; i < count; i++)
        {
            for (var lane = 0; lane < TRegister.Lanes; lane++)
            {
                // The address may be beyond the end of the message: a hint is no access.
                if (Sse.IsSupported)
                    Sse.Prefetch0(blocks[lane] + (i + Ahead) * Md5Kernel.BlockSize);
            }

            TRegister.LoadBlocks(blocks, i * Md5Kernel.BlockSize, words, 1);
            Md5Kernel<T, TRegister>.Compress(ref state, words);
        }
    }

    private static void Start(
        int i, int message, ReadOnlySpan<Md5Source> messages, VectorLane* lanes, byte** blocks, byte* tails, ref Md5State<T> state)
    {
        state.Start(i);
        lanes[i] = new VectorLane { Message = message, Blocks = messages[message].Length / Md5Kernel.BlockSize };
        blocks[i] = messages[message].Start;
        if (lanes[i].Blocks == 0)
            StartTail(i, messages[message], lanes, blocks, tails);
    }

    private static void StartTail(int i, Md5Source message, VectorLane* lanes, byte** blocks, byte* tails)
    {
        var tail = tails + i * MaxTail;
        lanes[i].Blocks = PadEnd(tail, message.Start, message.Length);
        lanes[i].IsTail = true;
        blocks[i] = tail;
    }

    /// <summary>Writes the end of a message with padding and length.</summary>
    /// <param name="blocks">Receives one block or two.</param>
    /// <returns>How many blocks it took.</returns>
    private static int PadEnd(byte* blocks, byte* message, int length)
    {
        var rest = length % Md5Kernel.BlockSize;
        var count = rest > Md5Kernel.LongestInOneBlock ? 2 : 1;
        var target = new Span<byte>(blocks, count * Md5Kernel.BlockSize);
        target.Clear();
        new ReadOnlySpan<byte>(message + length - rest, rest).CopyTo(target);
        target[rest] = Md5Kernel.End;
        BinaryPrimitives.WriteUInt64LittleEndian(target[^sizeof(ulong)..], (ulong)length * 8);
        return count;
    }
}

/// <summary>A message in memory that does not move.</summary>
internal readonly unsafe struct Md5Source(byte* start, int length)
{
    public readonly byte* Start = start;
    public readonly int Length = length;
}
