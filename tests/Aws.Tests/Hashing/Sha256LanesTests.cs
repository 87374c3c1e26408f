using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Every kind of lanes that this processor has, against the platform's SHA-256.</summary>
/// <remarks>Tests <see cref="Sha256Messages{TRegister}"/>, <see cref="Sha256Kernel{TRegister}"/>, <see cref="Sha256Lane"/>.</remarks>
public class Sha256LanesTests
{
    private const int MostLengths = 9_000;

    public static TheoryData<int> Paths => [.. Enum.GetValues<Sha256Path>().Where(Sha256Lanes.IsSupported).Select(path => (int)path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Hash_WhenMessagesHaveEachLength_AreThePlatforms(int path)
    {
        var messages = Enumerable.Range(0, MostLengths + 1).Select(length => new PieceMessage(length, int.MaxValue)).ToArray();
        new Random(1).Shuffle(messages);

        AssertRight((Sha256Path)path, messages);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Hash_WhenMessagesOfEachLengthComeInPieces_AreThePlatforms(int path)
    {
        var messages = Enumerable.Range(0, MostLengths + 1).Select(length => new PieceMessage(length, 1 + (length % 700))).ToArray();
        new Random(2).Shuffle(messages);

        AssertRight((Sha256Path)path, messages);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Hash_WhenAnyNumberOfLanesIsFilled_AreThePlatforms(int path)
    {
        var random = new Random(3);
        for (var count = 0; count <= 3 * Sha256Lanes.Count; count++)
        {
            AssertRight((Sha256Path)path, [.. Enumerable.Range(0, count).Select(_ => new PieceMessage(4_096, 1_000))]);
            AssertRight((Sha256Path)path, [.. Enumerable.Range(0, count).Select(_ => new PieceMessage(random.Next(MostLengths), int.MaxValue))]);
            AssertRight((Sha256Path)path, [.. Enumerable.Range(0, count).Select(_ => new PieceMessage(random.Next(300_000), 20_000))]);
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Hash_WhenAMessageHasNoFurtherPieceAndNoEnd_Throws(int path) =>
        Assert.Throws<InvalidOperationException>(() => Sha256Lanes.Hash((Sha256Path)path, [new Endless()]));

    [Fact]
    public void Fastest_OnThisProcessor_IsSupported() => Assert.True(Sha256Lanes.Fastest is not { } path || Sha256Lanes.IsSupported(path));

    private static void AssertRight(Sha256Path path, PieceMessage[] messages)
    {
        Sha256Lanes.Hash(path, messages);

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
