using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>A message that is hashed in a lane.</summary>
/// <param name="Buffer">Begins with the message. Behind it there is room for <see cref="Sha256Lanes.MostPadding"/> bytes.</param>
/// <param name="Digest">Receives its digest.</param>
internal readonly record struct LaneMessage(byte[] Buffer, int Length, byte[] Digest);

/// <summary>
/// Computes the SHA-256 of several messages side by side: the rounds of one message wait for each other, those of several do not. All lanes
/// process as many blocks together as the fewest that one of them has left. A lane whose message is complete takes the next one.
/// </summary>
internal static unsafe class Sha256Lanes
{
    /// <summary>The most bytes of padding: the end's mark, zeros, and the length.</summary>
    public const int MostPadding = Sha256Kernel.BlockSize + sizeof(ulong);

    private const int Count = Sha256Kernel.Lanes;

    /// <summary>Hashes messages of any number and lengths; the time is that of the fullest lane.</summary>
    public static void Hash(IReadOnlyList<LaneMessage> messages)
    {
        var lanes = new HashLane[Count];
        var sums = stackalloc uint[Sha256Kernel.WordsInState * Count];
        var active = Math.Min(Count, messages.Count);
        var next = active;
        for (var i = 0; i < active; i++)
            lanes[i] = Start(messages[i], sums + i);

        while (active > 0)
        {
            var run = HashTogether(lanes.AsSpan(0, active), sums);
            for (var i = 0; i < active;)
            {
                ref var lane = ref lanes[i];
                (lane.Next, lane.Blocks) = (lane.Next + run * Sha256Kernel.BlockSize, lane.Blocks - run);
                if (lane.Blocks > 0)
                {
                    i++;
                    continue;
                }

                Complete(lane.Message, sums + i);
                if (next < messages.Count)
                {
                    lane = Start(messages[next++], sums + i);
                    i++;
                }
                else
                {
                    // The last lane's message moves here, and has its own turn now.
                    lane = lanes[--active];
                    for (var word = 0; word < Sha256Kernel.WordsInState; word++)
                        sums[(word * Count) + i] = sums[(word * Count) + active];
                }
            }
        }
    }

    private static HashLane Start(in LaneMessage message, uint* sums)
    {
        for (var word = 0; word < Sha256Kernel.WordsInState; word++)
            sums[word * Count] = Sha256Kernel.Start[word];
        return new HashLane { Message = message, Blocks = (message.Length + Pad(message)) / Sha256Kernel.BlockSize };
    }

    /// <summary>Writes the padding behind the end of a message, and returns how many bytes it takes (5.1.1).</summary>
    private static int Pad(in LaneMessage message)
    {
        var filled = message.Length % Sha256Kernel.BlockSize;
        var blocks = filled + 1 + sizeof(ulong) > Sha256Kernel.BlockSize ? 2 : 1;
        var padding = message.Buffer.AsSpan(message.Length, (blocks * Sha256Kernel.BlockSize) - filled);
        padding.Clear();
        padding[0] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(padding[^sizeof(ulong)..], (ulong)message.Length * 8);
        return padding.Length;
    }

    private static void Complete(in LaneMessage message, uint* sums)
    {
        for (var word = 0; word < Sha256Kernel.WordsInState; word++)
            BinaryPrimitives.WriteUInt32BigEndian(message.Digest.AsSpan(word * sizeof(uint)), sums[word * Count]);
    }

    /// <summary>Hashes as many blocks of each lane as all have, and returns how many.</summary>
    [SkipLocalsInit]
    private static int HashTogether(ReadOnlySpan<HashLane> lanes, uint* sums)
    {
        var run = lanes[0].Blocks;
        foreach (ref readonly var lane in lanes)
            run = Math.Min(run, lane.Blocks);
        var blocks = stackalloc byte*[Count];
        fixed (byte* block0 = Rest(lanes, 0), block1 = Rest(lanes, 1), block2 = Rest(lanes, 2), block3 = Rest(lanes, 3))
        fixed (byte* block4 = Rest(lanes, 4), block5 = Rest(lanes, 5), block6 = Rest(lanes, 6), block7 = Rest(lanes, 7))
        {
            blocks[0] = block0;
            blocks[1] = block1;
            blocks[2] = block2;
            blocks[3] = block3;
            blocks[4] = block4;
            blocks[5] = block5;
            blocks[6] = block6;
            blocks[7] = block7;
            Sha256Kernel.Compress(sums, blocks, run);
        }

        return run;
    }

    /// <summary>Lanes without a message repeat the first one's.</summary>
    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<HashLane> lanes, int i)
    {
        ref readonly var lane = ref lanes[i < lanes.Length ? i : 0];
        return lane.Message.Buffer.AsSpan(lane.Next);
    }

    private struct HashLane
    {
        public LaneMessage Message;
        public int Next;
        public int Blocks;
    }
}
