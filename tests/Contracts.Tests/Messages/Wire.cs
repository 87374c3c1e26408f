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
}
