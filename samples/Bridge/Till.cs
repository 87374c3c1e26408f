using Orleans.Runtime;
using Orleans.Streams;

namespace Samples.Shop;

/// <summary>An order that a customer has placed.</summary>
[GenerateSerializer, Alias("Samples.Shop.OrderPlaced")]
public sealed record OrderPlaced([property: Id(0)] string Item, [property: Id(1)] int Pieces);

/// <summary>The till of a shop, one for each customer.</summary>
public interface ITill : IGrainWithStringKey
{
    /// <summary>Places an order.</summary>
    Task Place(OrderPlaced order);
}

/// <summary>Tells a stream of each order. It knows nothing of Kinesis: other grains may subscribe to the same stream.</summary>
public sealed class Till : Grain, ITill
{
    /// <inheritdoc/>
    public Task Place(OrderPlaced order) =>
        this.GetStreamProvider("shop").GetStream<OrderPlaced>(StreamId.Create("orders", this.GetPrimaryKeyString())).OnNextAsync(order);
}
