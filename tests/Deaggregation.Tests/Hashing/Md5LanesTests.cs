using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Deaggregation.Hashing;

namespace Orleans.Kpl.Deaggregation.Tests.Hashing;

/// <summary>Every path that this processor has, against the framework's MD5.</summary>
/// <remarks>Tests <see cref="Md5Messages"/>, <see cref="Md5Keys"/>, <see cref="Md5Kernel"/> and the registers, such as <see cref="Md5Register256"/>.</remarks>
public class Md5LanesTests
{
    // Around one block's end, two blocks' end, and the longest key there is (256 UTF-16 units, three bytes each).
    private static readonly int[] Lengths =
        [0, 1, 3, 4, 31, 32, 33, 36, 54, 55, 56, 57, 63, 64, 65, 100, 118, 119, 120, 127, 128, 129, 255, 256, 767, 768];

    public static TheoryData<int> Paths => [.. Enum.GetValues<Md5Path>().Where(Md5Lanes.IsSupported).Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void HashKeys_WhenKeysHaveAnyLength_AreTheirMd5(int path)
    {
        foreach (var count in (int[])[1, 2, 3, 4, 5, 8, 15, 16, 17, 31, 32, 33, 64, 100, 500])
        {
            var random = new Random(count);
            var keys = Enumerable.Range(0, count).Select(_ => Bytes(random, Lengths[random.Next(Lengths.Length)]));
            AssertHashes((Md5Path)path, [.. keys]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void HashKeys_WhenAllKeysHaveOneLength_AreTheirMd5(int path)
    {
        foreach (var length in Lengths)
        {
            var random = new Random(length);
            AssertHashes((Md5Path)path, [.. Enumerable.Range(0, 70).Select(_ => Bytes(random, length))]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void HashKeys_WhenTheBufferEndsWithTheLastKey_ReadsNothingBehindIt(int path)
    {
        using var memory = new GuardedMemory(36 * 40);
        new Random(1).NextBytes(memory.Span);
        var ends = Enumerable.Range(1, 40).Select(i => i * 36).ToArray();
        var hashes = new UInt128[40];

        Md5Lanes.HashKeys((Md5Path)path, memory.Span, ends, hashes);

        for (var i = 0; i < 40; i++)
            Assert.Equal(Md5Of(memory.Span.Slice(i * 36, 36)), hashes[i]);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public unsafe void Hash_WhenMessagesHaveAnyLength_AreTheirMd5(int path)
    {
        foreach (var count in (int[])[0, 1, 2, 3, 7, 16, 31, 32, 33, 50, 100])
        {
            var random = new Random(count);
            var lengths = Enumerable.Range(0, count).Select(i => i % 3 == 0 ? Lengths[random.Next(Lengths.Length)] : random.Next(60_000)).ToArray();
            var bytes = Bytes(random, lengths.Sum());
            var messages = new Md5Source[count];
            var digests = new UInt128[count];
            fixed (byte* start = bytes)
            {
                for (int i = 0, offset = 0; i < count; offset += lengths[i++])
                    messages[i] = new Md5Source(start + offset, lengths[i]);

                Md5Lanes.Hash((Md5Path)path, messages, digests);
            }

            for (int i = 0, offset = 0; i < count; offset += lengths[i++])
                Assert.Equal(Md5Of(bytes.AsSpan(offset, lengths[i])), digests[i]);
        }
    }

    [Fact]
    public void HashKeys_WhenNoPathIsNamed_AreTheScalarOnes() => Prop.ForAll<string[]>(texts =>
    {
        var keys = texts.Select(text => Encoding.UTF8.GetBytes(text ?? "")).ToArray();
        var (buffer, ends) = Join(keys);
        var hashes = new UInt128[keys.Length];
        var scalar = new UInt128[keys.Length];

        Md5Lanes.HashKeys(buffer, ends, hashes);
        Md5Lanes.HashKeys(Md5Path.Scalar, buffer, ends, scalar);

        return hashes.SequenceEqual(scalar) && hashes.SequenceEqual(keys.Select(key => RoutingHash.Of(key)));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void HashKeys_WhenEndsLeaveTheBuffer_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Md5Lanes.HashKeys(new byte[10], [4, 11], new UInt128[2]));

    [Fact]
    public void HashKeys_WhenEndsDecrease_Throws() =>
        Assert.Throws<ArgumentException>(() => Md5Lanes.HashKeys(new byte[10], [6, 4, 10], new UInt128[3]));

    [Fact]
    public void Widest_OnThisProcessor_IsSupported() => Assert.True(Md5Lanes.IsSupported(Md5Lanes.Widest));

    private static void AssertHashes(Md5Path path, byte[][] keys)
    {
        var (buffer, ends) = Join(keys);
        var hashes = new UInt128[keys.Length];

        Md5Lanes.HashKeys(path, buffer, ends, hashes);

        for (var i = 0; i < keys.Length; i++)
            Assert.Equal(Md5Of(keys[i]), hashes[i]);
    }

    private static (byte[] Buffer, int[] Ends) Join(byte[][] keys)
    {
        var ends = new int[keys.Length];
        var end = 0;
        for (var i = 0; i < keys.Length; i++)
            ends[i] = end += keys[i].Length;
        return ([.. keys.SelectMany(key => key)], ends);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static UInt128 Md5Of(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(bytes));
}
