using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>Orleans' serializer as silos and clients have it.</summary>
internal static class Wire
{
    private static readonly ServiceProvider Services = new ServiceCollection()
        .AddSerializer(s => s.AddAssembly(typeof(IStreamProducer).Assembly).AddAssembly(typeof(Wire).Assembly)).BuildServiceProvider();

    public static Serializer Serializer { get; } = Services.GetRequiredService<Serializer>();

    public static DeepCopier Copier { get; } = Services.GetRequiredService<DeepCopier>();

    public static T Send<T>(T value) => Serializer.Deserialize<T>(Serializer.SerializeToArray(value))!;

    /// <summary>Reads as another type what was sent as this one, as a build does whose type has other fields.</summary>
    public static TRead SendAs<TSent, TRead>(TSent value) => Serializer.Deserialize<TRead>(Serializer.SerializeToArray(value))!;
}
