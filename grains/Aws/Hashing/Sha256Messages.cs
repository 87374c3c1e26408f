using System.Runtime.CompilerServices;

namespace Orleans.Kpl.Aws.Hashing;

/// <summary>
/// SHA-256 of messages of any lengths, one in each lane of a register. All lanes process as many blocks together as the fewest that a lane has in
/// its buffer. A lane whose message is complete takes the next one.
/// </summary>
internal static unsafe class Sha256Messages<TRegister>
    where TRegister : ISha256Register
{
    public static void Hash(IReadOnlyList<ILaneMessage> messages)
    {
        var lanes = new Sha256Lane[Sha256Lanes.Count];
        Span<byte> digest = stackalloc byte[Sha256Constants.WordsInState * sizeof(uint)];
        Sha256State state = default;
        var active = Math.Min(Sha256Lanes.Count, messages.Count);
        var next = active;
        for (var i = 0; i < active; i++)
        {
            lanes[i] = Sha256Lane.Of(messages[i]);
            state.Start(i);
        }

        while (active > 0)
        {
            var run = HashTogether(lanes.AsSpan(0, active), &state);
            for (var i = 0; i < active;)
            {
                if (lanes[i].Pass(run))
                {
                    i++;
                    continue;
                }

                state.WriteDigest(i, digest);
                lanes[i].Complete(digest);
                if (next < messages.Count)
                {
                    lanes[i] = Sha256Lane.Of(messages[next++]);
                    state.Start(i++);
                }
                else
                {
                    // The last lane's message moves here, and has its own turn now.
                    active--;
                    lanes[i] = lanes[active];
                    state.Move(active, i);
                }
            }
        }
    }

    /// <summary>Hashes as many blocks of each lane as all have, and returns how many.</summary>
    [SkipLocalsInit]
    private static nint HashTogether(ReadOnlySpan<Sha256Lane> lanes, Sha256State* state)
    {
        var run = lanes[0].Blocks;
        for (var i = 1; i < lanes.Length; i++)
            run = Math.Min(run, lanes[i].Blocks);
        var blocks = stackalloc byte*[Sha256Lanes.Count];
        fixed (byte* buffer0 = BufferOf(lanes, 0), buffer1 = BufferOf(lanes, 1), buffer2 = BufferOf(lanes, 2), buffer3 = BufferOf(lanes, 3))
        fixed (byte* buffer4 = BufferOf(lanes, 4), buffer5 = BufferOf(lanes, 5), buffer6 = BufferOf(lanes, 6), buffer7 = BufferOf(lanes, 7))
        {
            blocks[0] = buffer0;
            blocks[1] = buffer1;
            blocks[2] = buffer2;
            blocks[3] = buffer3;
            blocks[4] = buffer4;
            blocks[5] = buffer5;
            blocks[6] = buffer6;
            blocks[7] = buffer7;
            for (var i = 0; i < Sha256Lanes.Count; i++)
                blocks[i] += At(lanes, i).Start;
            Sha256Kernel<TRegister>.Compress(state, blocks, run);
        }

        return run;
    }

    /// <summary>Lanes without a message repeat the first one's.</summary>
    private static ref readonly Sha256Lane At(ReadOnlySpan<Sha256Lane> lanes, int i) => ref lanes[i < lanes.Length ? i : 0];

    private static byte[] BufferOf(ReadOnlySpan<Sha256Lane> lanes, int i) => At(lanes, i).Buffer;
}
