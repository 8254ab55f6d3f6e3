import { Component, type ReactNode } from 'react';

interface BrokenProps {
  readonly children: ReactNode;
}

/** A view that breaks says so, and leaves the others be. */
export class Broken extends Component<BrokenProps, { readonly why?: string }> {
  override state: { readonly why?: string } = {};

  static getDerivedStateFromError(thrown: unknown): { readonly why: string } {
    return { why: thrown instanceof Error ? thrown.message : 'unknown' };
  }

  override render(): ReactNode {
    const { why } = this.state;
    if (why === undefined) return this.props.children;
    return (
      <div className="notice bad" role="alert">
        <p>
          <strong>This view broke.</strong> Reload the page; what was sent to the gateway is not affected.
        </p>
        <p className="fine">{why}</p>
      </div>
    );
  }
}
