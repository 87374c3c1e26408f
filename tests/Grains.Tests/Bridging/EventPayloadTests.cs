using Orleans.Kpl.Grains.Bridging;
using Orleans.Serialization;

namespace Orleans.Kpl.Grains.Tests.Bridging;

/// <summary>
/// The bytes are those that <c>KinesisBatchContainer.ToKinesisPayload</c> of Microsoft.Orleans.Streaming.Kinesis 10.4.2 makes of the same events.
/// </summary>
public sealed class EventPayloadTests
{
    private const string OneEvent = "202000034905076F6E65E0C10121401B6F7264657273757365722D3137010D6158E81FF3E0E0";

    private const string ABatchWithAContext =
        "202000074905076F6E6508030930015EC326923B4F726C65616E732E4B706C2E54657374732E476F6C64656E4576656E74E840"
        + "07746561010DE0E0210103410D74656E616E74480507742D31E021401B6F7264657273757365722D3137010D6158E81FF3E0E0";

    private static readonly Serializer<EventPayload> Serializer =
        new ServiceCollection().AddSerializer().BuildServiceProvider().GetRequiredService<Serializer<EventPayload>>();

    public static TheoryData<string, string> Golden => new()
    {
        { nameof(OneEvent), OneEvent },
        { nameof(ABatchWithAContext), ABatchWithAContext },
    };

    [Theory]
    [MemberData(nameof(Golden))]
    public void Payload_HasTheBytesOfOrleansOwnProvider(string name, string hex) =>
        Assert.Equal(hex, Convert.ToHexString(Serializer.SerializeToArray(Payload(name))));

    [Theory]
    [MemberData(nameof(Golden))]
    public void Payload_OfOrleansOwnProvider_IsRead(string name, string hex)
    {
        var (expected, read) = (Payload(name), Serializer.Deserialize(Convert.FromHexString(hex))!);
        Assert.Equal(expected.Events, read.Events);
        Assert.Equal(expected.RequestContext, read.RequestContext);
        Assert.Equal(expected.StreamId, read.StreamId);
    }

    private static EventPayload Payload(string name)
    {
        var stream = StreamId.Create("orders", "user-17");
        return name == nameof(OneEvent)
            ? new EventPayload { Events = ["one"], StreamId = stream }
            : new EventPayload
            {
                Events = ["one", 2, new GoldenEvent { Item = "tea", Pieces = 3 }],
                RequestContext = new Dictionary<string, object> { ["tenant"] = "t-1" },
                StreamId = stream,
            };
    }

    [GenerateSerializer, Alias("Orleans.Kpl.Tests.GoldenEvent")]
    internal sealed record GoldenEvent
    {
        [Id(0)]
        public required string Item { get; init; }

        [Id(1)]
        public int Pieces { get; init; }
    }
}
