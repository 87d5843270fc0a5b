import type { ReactNode } from "react";

/** The line icons of the interface. They are decoration: the control around one has the name. */

function Icon({ children, className = "size-5" }: { children: ReactNode; className?: string }) {
  return (
    <svg
      aria-hidden="true"
      className={className}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      {children}
    </svg>
  );
}

type IconProps = { readonly className?: string };

export const PlusIcon = (props: IconProps) => <Icon {...props}><path d="M10 4v12M4 10h12" /></Icon>;
export const CheckIcon = (props: IconProps) => <Icon {...props}><path d="m5 10.5 3.2 3.2L15 6.8" /></Icon>;
export const CheckAllIcon = (props: IconProps) => <Icon {...props}><path d="m2.5 10.5 3.2 3.2 6.4-7M9.6 13.2l.6.5 7.3-7.4" /></Icon>;
export const PencilIcon = (props: IconProps) => <Icon {...props}><path d="m4 16 .8-3.4L13 4.4a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2L7.4 15.2 4 16Z" /></Icon>;
export const TrashIcon = (props: IconProps) => <Icon {...props}><path d="M4 6h12M8 6V4.2h4V6M5.6 6l.7 9.8h7.4l.7-9.8M8.6 9v4M11.4 9v4" /></Icon>;
export const SearchIcon = (props: IconProps) => <Icon {...props}><circle cx="9" cy="9" r="4.8" /><path d="m12.6 12.6 3.6 3.6" /></Icon>;
export const CloseIcon = (props: IconProps) => <Icon {...props}><path d="m5.5 5.5 9 9M14.5 5.5l-9 9" /></Icon>;
export const CalendarIcon = (props: IconProps) => <Icon {...props}><path d="M4 6.5h12V16H4zM4 9.2h12M7 4.4v2.8M13 4.4v2.8" /></Icon>;
export const FolderIcon = (props: IconProps) => <Icon {...props}><path d="M3.5 15.5v-10h4.6l1.6 2h6.8v8z" /></Icon>;
export const PeopleIcon = (props: IconProps) => <Icon {...props}><circle cx="7.5" cy="7" r="2.6" /><path d="M2.8 15.8c.3-2.9 2.2-4.6 4.7-4.6s4.4 1.7 4.7 4.6M12.6 4.6a2.6 2.6 0 0 1 0 4.8M14.2 11.6c1.7.6 2.8 2.1 3 4.2" /></Icon>;
export const InboxIcon = (props: IconProps) => <Icon {...props}><path d="M3.5 11.5 5.6 5h8.8l2.1 6.5v4h-13zM3.5 11.5h4l1 1.8h3l1-1.8h4" /></Icon>;
export const FlagIcon = (props: IconProps) => <Icon {...props}><path d="M5.5 16.5v-12h8.6l-1.7 3.2 1.7 3.2H5.5" /></Icon>;
export const KeyboardIcon = (props: IconProps) => <Icon {...props}><path d="M2.8 5.5h14.4v9H2.8zM5.6 8.4h.1M8.5 8.4h.1M11.4 8.4h.1M14.3 8.4h.1M6.8 11.7h6.4" /></Icon>;
