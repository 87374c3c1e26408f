using System.Security.Cryptography;

namespace Orleans.Kpl.Deaggregation.Tests;

/// <summary>Damaged data: whatever they are, reading them ends, and gives members or one plain record.</summary>
public class MutationTests
{
    [Fact]
    public void Read_20000MutatedPayloads_NeverThrows() => Mutate(20_000, seed: 1);

    [Fact]
    [Trait("Category", "Long")]
    public void Read_TenMillionMutatedPayloads_NeverThrows() => Mutate(10_000_000, seed: 2);

    /// <summary>The reader of plain messages takes nothing otherwise than the one that reads all, and takes nothing that is wrong.</summary>
    [Fact]
    public void PlainMessage_OfMutatedMessages_ReadsWhatAnyMessageReads()
    {
        var random = new Random(3);
        byte[][] sources = [.. Enumerable.Range(0, 64).Select(_ => Payloads.Random(random)), Convert.FromHexString(Payloads.V4)];
        var (plain, other) = (0, 0);
        for (var i = 0; i < 50_000; i++)
        {
            var data = sources[i % sources.Length].AsSpan().ToArray();
            for (var changes = random.Next(0, 3); changes > 0; changes--)
                data[random.Next(4, data.Length - 16)] = (byte)random.Next(256);
            var (fast, full) = (new MemberTables(), new MemberTables());
            if (!PlainMessage.TryRead(data, data.Length - 16, fast))
            {
                other++;
                continue;
            }

            plain++;
            Assert.Null(AnyMessage.Read(data, data.Length - 16, full));
            Assert.Equal(full.Members.ToArray(), fast.Members.ToArray());
            Assert.Equal(
                full.PartitionKeys.ToArray().Select(static k => (k.Start, k.Length, k.IsRoutedBy)),
                fast.PartitionKeys.ToArray().Select(static k => (k.Start, k.Length, k.IsRoutedBy)));
            Assert.Equal(
                full.HashKeys.ToArray().Select(static k => (k.Start, k.Length, k.IsRoutedBy, k.Value)),
                fast.HashKeys.ToArray().Select(static k => (k.Start, k.Length, k.IsRoutedBy, k.Value)));
        }

        Assert.True(plain > 20_000 && other > 5_000, $"{plain} plain, {other} others");
    }

    private static void Mutate(int count, int seed)
    {
        var random = new Random(seed);
        byte[][] sources = [.. Enumerable.Range(0, 64).Select(_ => Payloads.Random(random)), Convert.FromHexString(Payloads.V4)];
        var (members, plain) = (0L, 0L);
        var range = new ShardHashKeys(0, UInt128.MaxValue / 2);
        for (var i = 0; i < count; i++)
        {
            var data = sources[i % sources.Length].AsSpan().ToArray();
            for (var changes = random.Next(1, 5); changes > 0; changes--)
                data[random.Next(4, data.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                data = data[..random.Next(data.Length)];
            // Mostly with a digest that fits again, so that the message is what is judged.
            if (data.Length > 20 && random.Next(10) > 0)
                MD5.HashData(data.AsSpan(4, data.Length - 20), data.AsSpan(data.Length - 16));
            foreach (var record in Aggregates.Read(data, "a", random.Next(4) == 0 ? range : null))
            {
                _ = record.PartitionKey;
                _ = record.Data.Span;
                (members, plain) = record.IsMember ? (members + 1, plain) : (members, plain + 1);
            }
        }

        Assert.True(members > count / 10 && plain > count / 10, $"{members} members, {plain} plain");
    }
}
