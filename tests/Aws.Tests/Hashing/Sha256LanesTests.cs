using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Lanes against the platform's SHA-256.</summary>
/// <remarks>Tests <see cref="Sha256Kernel"/>.</remarks>
public class Sha256LanesTests
{
    private const int MostLengths = 9_000;

    [Fact]
    public void Hash_WhenMessagesHaveEachLength_AreThePlatforms()
    {
        var messages = Enumerable.Range(0, MostLengths + 1).Select(length => new PieceMessage(length, int.MaxValue)).ToArray();
        new Random(1).Shuffle(messages);

        AssertRight(messages);
    }

    [Fact]
    public void Hash_WhenMessagesOfEachLengthComeInPieces_AreThePlatforms()
    {
        var messages = Enumerable.Range(0, MostLengths + 1).Select(length => new PieceMessage(length, 1 + (length % 700))).ToArray();
        new Random(2).Shuffle(messages);

        AssertRight(messages);
    }

    [Fact]
    public void Hash_WhenAnyNumberOfLanesIsFilled_AreThePlatforms()
    {
        var random = new Random(3);
        for (var count = 0; count <= 3 * Sha256Kernel.Lanes; count++)
        {
            AssertRight([.. Enumerable.Range(0, count).Select(_ => new PieceMessage(4_096, 1_000))]);
            AssertRight([.. Enumerable.Range(0, count).Select(_ => new PieceMessage(random.Next(MostLengths), int.MaxValue))]);
            AssertRight([.. Enumerable.Range(0, count).Select(_ => new PieceMessage(random.Next(300_000), 20_000))]);
        }
    }

    [Fact]
    public void Hash_WhenAMessageHasNoFurtherPieceAndNoEnd_Throws() =>
        Assert.Throws<InvalidOperationException>(() => Sha256Lanes.Hash([new Endless()]));

    private static void AssertRight(PieceMessage[] messages)
    {
        Assert.SkipUnless(Sha256Kernel.IsSupported, "this processor has no lanes");
        Sha256Lanes.Hash(messages);

        Assert.All(messages, message => Assert.True(message.IsRight, $"{message.Length} bytes"));
    }

    private sealed class Endless : ILaneMessage
    {
        public byte[] Buffer { get; } = new byte[200];

        public bool IsAtEnd => false;

        public int Fill(int kept) => 0;

        public void Complete(ReadOnlySpan<byte> digest, long length) => Assert.Fail("there is no digest");
    }
}
