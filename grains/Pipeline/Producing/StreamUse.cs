using System.Diagnostics.CodeAnalysis;

namespace Orleans.Kpl.Pipeline.Producing;

/// <summary>One use of a stream, which stays open until this is disposed. Disposed once.</summary>
internal readonly struct StreamUse<
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] TStream>(StreamSlot<TStream> slot) : IDisposable
    where TStream : class
{
    public TStream Stream => slot.Stream;

    public void Dispose() => slot.Leave();
}
