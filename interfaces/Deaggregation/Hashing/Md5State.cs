using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Orleans.Kpl.Deaggregation.Hashing;

/// <summary>The four words that MD5 carries from block to block, of each message in a register.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Md5State<T>
    where T : unmanaged
{
    public T A;
    public T B;
    public T C;
    public T D;

    /// <summary>The state before the first block, in every lane.</summary>
    public static Md5State<T> Create<TRegister>()
        where TRegister : IMd5Register<T> => new()
        {
            A = TRegister.Fill(Md5Constants.A),
            B = TRegister.Fill(Md5Constants.B),
            C = TRegister.Fill(Md5Constants.C),
            D = TRegister.Fill(Md5Constants.D),
        };

    /// <summary>Starts a message in one lane.</summary>
    public void Start(int lane)
    {
        Word(ref A, lane) = Md5Constants.A;
        Word(ref B, lane) = Md5Constants.B;
        Word(ref C, lane) = Md5Constants.C;
        Word(ref D, lane) = Md5Constants.D;
    }

    /// <summary>Copies one lane into another.</summary>
    public void Move(int from, int to)
    {
        Word(ref A, to) = Word(ref A, from);
        Word(ref B, to) = Word(ref B, from);
        Word(ref C, to) = Word(ref C, from);
        Word(ref D, to) = Word(ref D, from);
    }

    /// <summary>A lane's digest, read as a big-endian number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public UInt128 Digest(int lane) => new(
        BinaryPrimitives.ReverseEndianness(Word(ref A, lane) | (ulong)Word(ref B, lane) << 32),
        BinaryPrimitives.ReverseEndianness(Word(ref C, lane) | (ulong)Word(ref D, lane) << 32));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref uint Word(ref T register, int lane) => ref Unsafe.Add(ref Unsafe.As<T, uint>(ref register), lane);
}
