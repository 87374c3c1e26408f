using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>A message that is hashed in a lane, piece by piece in a buffer of its own.</summary>
internal interface ILaneMessage
{
    /// <summary>The buffer. Behind each piece it has room for <see cref="Sha256Lanes.MostPadding"/> bytes.</summary>
    byte[] Buffer { get; }

    /// <summary>Whether the last piece was written.</summary>
    bool IsAtEnd { get; }

    /// <summary>
    /// Writes the next piece into the buffer, behind what is kept there, and returns its length. The first call may find its piece written.
    /// A message that is not at its end always has another byte.
    /// </summary>
    /// <param name="kept">The bytes at the buffer's start that are still needed: fewer than a block, 0 at the first call.</param>
    int Fill(int kept);

    /// <summary>Takes the message's digest and length.</summary>
    void Complete(ReadOnlySpan<byte> digest, long length);
}

/// <summary>
/// Computes the SHA-256 of several messages side by side: the rounds of one message wait for each other, those of several do not. All lanes
/// process as many blocks together as the fewest that a lane has in its buffer. A lane whose message is complete takes the next one.
/// </summary>
internal static unsafe class Sha256Lanes
{
    /// <summary>The most bytes of padding: the end's mark, zeros, and the length.</summary>
    public const int MostPadding = Sha256Kernel.BlockSize + sizeof(ulong);

    private const int Count = Sha256Kernel.Lanes;

    /// <summary>Hashes messages of any number and lengths; the time is that of the fullest lane.</summary>
    public static void Hash(IReadOnlyList<ILaneMessage> messages)
    {
        var lanes = new Lane[Count];
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
                if (lanes[i].Pass(run))
                {
                    i++;
                    continue;
                }

                Complete(lanes[i], sums + i);
                if (next < messages.Count)
                {
                    lanes[i] = Start(messages[next++], sums + i);
                    i++;
                }
                else
                {
                    // The last lane's message moves here, and has its own turn now.
                    active--;
                    lanes[i] = lanes[active];
                    for (var word = 0; word < Sha256Kernel.WordsInState; word++)
                        sums[(word * Count) + i] = sums[(word * Count) + active];
                }
            }
        }
    }

    private static Lane Start(ILaneMessage message, uint* sums)
    {
        for (var word = 0; word < Sha256Kernel.WordsInState; word++)
            sums[word * Count] = Sha256Kernel.Start[word];
        return new Lane(message);
    }

    private static void Complete(in Lane lane, uint* sums)
    {
        Span<byte> digest = stackalloc byte[Sha256Kernel.WordsInState * sizeof(uint)];
        for (var word = 0; word < Sha256Kernel.WordsInState; word++)
            BinaryPrimitives.WriteUInt32BigEndian(digest[(word * sizeof(uint))..], sums[word * Count]);
        lane.Message.Complete(digest, lane.Length);
    }

    /// <summary>Hashes as many blocks of each lane as all have, and returns how many.</summary>
    [SkipLocalsInit]
    private static int HashTogether(ReadOnlySpan<Lane> lanes, uint* sums)
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
    private static ReadOnlySpan<byte> Rest(ReadOnlySpan<Lane> lanes, int i)
    {
        ref readonly var lane = ref lanes[i < lanes.Length ? i : 0];
        return lane.Message.Buffer.AsSpan(lane.Next);
    }

    /// <summary>A message, and the part of it that is in its buffer and not hashed yet.</summary>
    private struct Lane
    {
        private int _end;
        private bool _isPadded;

        public Lane(ILaneMessage message)
        {
            Message = message;
            Read(0);
            ReadBlocks();
        }

        public ILaneMessage Message { get; }

        /// <summary>Where in the buffer the next block starts.</summary>
        public int Next { get; private set; }

        /// <summary>How many whole blocks lie there.</summary>
        public readonly int Blocks => (_end - Next) / Sha256Kernel.BlockSize;

        /// <summary>The bytes of the message that were in the buffer so far.</summary>
        public long Length { get; private set; }

        /// <summary>Passes over blocks that are hashed; false where they were the message's last ones.</summary>
        public bool Pass(int blocks)
        {
            Next += blocks * Sha256Kernel.BlockSize;
            if (Blocks == 0 && _isPadded)
                return false;
            ReadBlocks();
            return true;
        }

        private void ReadBlocks()
        {
            while (Blocks == 0)
            {
                var kept = _end - Next;
                Message.Buffer.AsSpan(Next, kept).CopyTo(Message.Buffer);
                Next = 0;
                Read(kept);
            }
        }

        private void Read(int kept)
        {
            var read = Message.Fill(kept);
            if (read == 0 && !Message.IsAtEnd)
                throw new InvalidOperationException("The message has no further piece, and is not at its end.");
            _end = kept + read;
            Length += read;
            if (!Message.IsAtEnd)
                return;
            _end += Pad(Message.Buffer.AsSpan(_end), Length);
            _isPadded = true;
        }

        /// <summary>Writes the padding behind the end of a message, and returns how many bytes it takes (5.1.1).</summary>
        private static int Pad(Span<byte> rest, long length)
        {
            var filled = (int)(length % Sha256Kernel.BlockSize);
            var blocks = filled + 1 + sizeof(ulong) > Sha256Kernel.BlockSize ? 2 : 1;
            var padding = rest[..((blocks * Sha256Kernel.BlockSize) - filled)];
            padding.Clear();
            padding[0] = 0x80;
            BinaryPrimitives.WriteUInt64BigEndian(padding[^sizeof(ulong)..], (ulong)length * 8);
            return padding.Length;
        }
    }
}
