using System.Globalization;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Testing.Fuzzing;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

/// <summary>Damaged messages of lanes, by seed: a client or a silo that is not ours may send them.</summary>
public sealed class PackedFuzzTests
{
    private const int Few = 5_000;
    private const int Many = 1_000_000;

    [Fact]
    public void ABatch_OfAnyBytes_IsReadInsideItsBytesOrRefused() => Read(Few);

    [Fact]
    [Trait("Category", "Long")]
    public void ABatch_OfAnyBytes_AMillionTimes_IsReadInsideItsBytesOrRefused() => Read(Many);

    private static void Read(int count)
    {
        var writer = new PackedRecordsWriter(int.MaxValue);
        for (var i = 0; i < 12; i++)
        {
            var data = new byte[i * 7];
            Array.Fill(data, (byte)i);
            Assert.True(writer.TryAdd($"key-ключ-{i.ToString(CultureInfo.InvariantCulture)}", data, i % 3 == 0 ? null : (UInt128)i, i % 3 == 2));
        }
        var good = writer.ToArray();
        var taken = 0;
        for (var seed = 0; seed < count; seed++)
        {
            var bytes = Mutation.Of(new Random(seed), good);
            try
            {
                var read = PackedRecords.Parse(bytes);
                long sum = 0;
                foreach (var record in read)
                    sum += record.Data.Length + record.Key.Length;
                Assert.InRange(sum, 0, bytes.Length);
                foreach (var position in read.Positions())
                    Assert.InRange(read.ToUserRecord(position).Data.Length, 0, bytes.Length);
                taken++;
            }
            catch (PackedFormatException refused)
            {
                Assert.NotEmpty(refused.Message);
            }
            catch (Exception defect) when (defect is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"seed {seed.ToString(CultureInfo.InvariantCulture)}: {defect}");
            }
        }
        Assert.InRange(taken, count / 100, count - (count / 100));
    }
}
